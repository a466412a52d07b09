/*
 * For a selector that means no pod, finds labels that meet all its requirements; a selector that
 * contradicts itself has none.  The pod gets a namespace that exists, or one that is made for it.
 */
#include "ask/world/strangers.h"

#include "ask/world/labelled.h"
#include "base/arena.h"
#include "base/table.h"
#include "model/rules.h"
#include "model/meaning.h"

#include <stdlib.h>

/* The value of a label that must be there with any value. */
#define ANY_VALUE "any"

struct stranger_finding {
	struct arena *arena;
	const struct objects *objects; /* of one input, workloads among its pods */
	struct labelled *labelled;
	uint32_t *pods;      /* room for all */
	struct table asked;  /* selectors of this input, in words */
	struct table *texts; /* of all strangers so far */
	struct stranger_list *strangers;
};

static bool is_value(const struct objects *objects, const struct requirement *requirement,
		     const char *value)
{
	for (size_t i = 0; i < requirement->count; i++)
		if (!strcmp(objects->string_of[requirement->values[i]], value))
			return true;
	return false;
}

/* Does the requirement hold for a label with its key and this value? */
static bool takes(const struct objects *objects, const struct requirement *requirement,
		  const char *value)
{
	switch (requirement->op) {
	case OP_IN:
		return is_value(objects, requirement, value);
	case OP_NOT_IN:
		return !is_value(objects, requirement, value);
	case OP_EXISTS:
		return true;
	case OP_DOES_NOT_EXIST:
		break;
	}
	return false;
}

/* Do all requirements of the selector about this key hold for this value? */
static bool all_take(const struct objects *objects, const struct selector *selector, uint32_t key,
		     const char *value)
{
	for (size_t i = 0; i < selector->count; i++)
		if (selector->requirements[i].key == key &&
		    !takes(objects, &selector->requirements[i], value))
			return false;
	return true;
}

static bool must_be_there(const struct requirement *requirement)
{
	return requirement->op == OP_IN || requirement->op == OP_EXISTS;
}

/* A value that the selector accepts for the key of one of its requirements; NULL: there is none. */
static const char *value_for(struct arena *arena, const struct objects *objects,
			     const struct selector *selector, const struct requirement *requirement)
{
	const char *value = ANY_VALUE;

	for (size_t i = 0; i < requirement->count && requirement->op == OP_IN; i++) {
		value = objects->string_of[requirement->values[i]];
		if (all_take(objects, selector, requirement->key, value))
			return value;
	}
	if (requirement->op == OP_IN)
		return NULL;
	/* These values get longer than any value that is excluded, so not all can be excluded. */
	for (size_t i = 0; i <= selector->count * 64; i++) {
		if (all_take(objects, selector, requirement->key, value))
			return value;
		value = arena_printf(arena, ANY_VALUE "-%zu", i);
	}
	return NULL;
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label_text *)a)->key, ((const struct label_text *)b)->key);
}

static bool has_key(const struct label_texts *labels, const char *key)
{
	for (size_t i = 0; i < labels->count; i++)
		if (!strcmp(labels->items[i].key, key))
			return true;
	return false;
}

/* Finds as few labels as the selector accepts; returns false if it contradicts itself. */
static bool labels_for(struct arena *arena, const struct objects *objects,
		       const struct selector *selector, struct label_texts *labels)
{
	*labels = (struct label_texts){0};
	/*
	 * Requirements that name values come first, since a requirement that the label exists
	 * accepts any value.
	 */
	for (int in = 1; in >= 0; in--)
		for (size_t i = 0; i < selector->count; i++) {
			const struct requirement *one = &selector->requirements[i];
			const char *key = objects->string_of[one->key], *value;

			if (!must_be_there(one) || (one->op == OP_IN) != in || has_key(labels, key))
				continue;
			value = value_for(arena, objects, selector, one);
			if (!value)
				return false;
			arena_push(arena, labels->items, labels->count,
				   ((struct label_text){key, value}));
		}
	if (labels->count)
		qsort(labels->items, labels->count, sizeof(*labels->items), compare_labels);
	return true;
}

static const char *labels_in_words(struct arena *arena, const struct label_texts *labels)
{
	struct string text = {0};

	for (size_t i = 0; i < labels->count; i++)
		arena_append(arena, &text, "%s%s=%s", i ? "," : "", labels->items[i].key,
			     labels->items[i].value);
	return text.text ? text.text : "";
}

/* A name for a namespace without one; API names have no capitals and no blanks. */
static const char *unnamed(struct arena *arena, const struct label_texts *labels)
{
	return arena_printf(arena, "namespace(%s)", labels_in_words(arena, labels));
}

/*
 * Decides where a pod that the peer means would be: in the only namespace that matches, or in one
 * that is made up.
 */
static bool place_stranger(struct stranger_finding *finding, const struct peer *peer,
			   const char *policy_in, size_t matching, const char *matching_name,
			   struct stranger *stranger)
{
	const char *name = peer_namespace(finding->objects, peer, policy_in);

	if (!name && matching == 1)
		name = matching_name;
	stranger->namespace_is_named = name;
	stranger->namespace = name;
	if (name)
		return true;
	if (!labels_for(finding->arena, finding->objects, peer->namespaces,
			&stranger->namespace_labels))
		return false;
	stranger->namespace = unnamed(finding->arena, &stranger->namespace_labels);
	return true;
}

static void find_peer(void *context, const char *policy_in, const struct peer *peer)
{
	struct stranger_finding *finding = context;
	const char *words = pods_in_words(finding->arena, finding->objects, peer, policy_in);
	struct stranger stranger = {
		.text = arena_printf(finding->arena, "%s, none in the input", words)};
	const bool any_label = !peer->pods->count;
	const char *name = policy_in;
	bool added = false;
	size_t matching;

	table_add(&finding->asked, words, strlen(words), &added);
	if (!added || table_find(finding->texts, words, strlen(words)) != TABLE_NONE)
		return;
	matching = peer->namespaces
			   ? labelled_namespaces(finding->labelled, peer->namespaces, &name)
			   : 1;
	/* Pods without labels of a namespace that there is are parties anyhow. */
	if ((any_label && matching) ||
	    labelled_pods(finding->labelled, policy_in, peer, finding->pods) ||
	    !place_stranger(finding, peer, policy_in, matching, name, &stranger) ||
	    !labels_for(finding->arena, finding->objects, peer->pods, &stranger.labels))
		return;
	table_add(finding->texts, words, strlen(words), NULL);
	arena_push(finding->arena, finding->strangers->items, finding->strangers->count, stranger);
}

static int compare_strangers(const void *a, const void *b)
{
	return strcmp(((const struct stranger *)a)->text, ((const struct stranger *)b)->text);
}

/* The objects, with pods of the workloads among their pods. */
static const struct objects *with_workloads(struct arena *arena, const struct objects *objects)
{
	struct objects *copy = arena_alloc(arena, sizeof(*copy));
	struct pod *pods =
		arena_array(arena, objects->pod_count + objects->workload_count, sizeof(*pods));
	size_t count = objects->pod_count;

	if (count)
		memcpy(pods, objects->pods, count * sizeof(*pods));
	for (size_t i = 0; i < objects->workload_count; i++) {
		const struct workload *workload = &objects->workloads[i];

		if (!workload->host_network)
			pods[count++] = (struct pod){.namespace = workload->namespace,
						     .name = workload->name,
						     .node = "",
						     .labels = workload->labels,
						     .label_count = workload->label_count};
	}
	if (count)
		qsort(pods, count, sizeof(*pods), pod_compare);
	*copy = *objects;
	copy->pods = pods;
	copy->pod_count = count;
	return copy;
}

void strangers_find(struct arena *arena, const struct objects *const *inputs, size_t count,
		    struct stranger_list *strangers)
{
	struct arena *scratch = arena_new();
	struct table texts = {.arena = scratch};

	for (size_t i = 0; i < count; i++) {
		const struct objects *objects = with_workloads(scratch, inputs[i]);
		struct stranger_finding finding = {
			.arena = arena,
			.objects = objects,
			.labelled = labelled_new(scratch, objects),
			.pods = arena_array(scratch, objects->pod_count, sizeof(uint32_t)),
			.asked.arena = scratch,
			.texts = &texts,
			.strangers = strangers,
		};

		objects_each_selection(objects, find_peer, &finding);
	}
	if (strangers->count)
		qsort(strangers->items, strangers->count, sizeof(*strangers->items),
		      compare_strangers);
	arena_free(scratch);
}

/*
 * Reads the LABELS of "WORD(LABELS)" at *@text, and moves behind it; returns false if the text
 * begins in another way.
 */
static bool take_labels(struct arena *arena, const char **text, const char *word,
			struct label_texts *labels, const char **fault)
{
	const size_t len = strlen(word);
	const char *at = *text + len, *end;

	if (strncmp(*text, word, len) != 0 || *at != '(')
		return false;
	end = strchr(++at, ')');
	if (!end) {
		*fault = arena_printf(arena, "\"%s\": there is no ) behind the labels", *text);
		return true;
	}
	while (at < end) {
		size_t size = strcspn(at, ",)"), key = strcspn(at, "=,)");

		if (!key || key == size)
			*fault = arena_printf(arena, "\"%.*s\" is no label: write key=value",
					      (int)size, at);
		else
			arena_push(arena, labels->items, labels->count,
				   ((struct label_text){
					   arena_strndup(arena, at, key),
					   arena_strndup(arena, at + key + 1, size - key - 1)}));
		at += size + (at[size] == ',');
	}
	if (labels->count)
		qsort(labels->items, labels->count, sizeof(*labels->items), compare_labels);
	for (size_t i = 1; i < labels->count; i++)
		if (!strcmp(labels->items[i].key, labels->items[i - 1].key))
			*fault = arena_printf(arena, "the label %s is there twice",
					      labels->items[i].key);
	*text = end + 1;
	return true;
}

const char *stranger_parse(struct arena *arena, const char *text, const char *namespace, bool *is,
			   struct stranger *stranger)
{
	const char *at = text, *fault = NULL, *slash = strchr(text, '/');
	const bool unnamed_space =
		take_labels(arena, &at, "namespace", &stranger->namespace_labels, &fault);

	*is = unnamed_space || !strncmp(text, "pod(", 4) || (slash && !strncmp(slash, "/pod(", 5));
	if (!*is || fault)
		return fault;
	stranger->text = text;
	stranger->namespace_is_named = !unnamed_space;
	stranger->namespace = unnamed_space ? unnamed(arena, &stranger->namespace_labels)
			      : *text == 'p' && !strncmp(text, "pod(", 4)
				      ? namespace
				      : arena_strndup(arena, text, (size_t)(slash - text));
	if (!unnamed_space && strncmp(text, "pod(", 4) != 0)
		at = slash;
	if (*at == '/')
		at++;
	if (*at && !take_labels(arena, &at, "pod", &stranger->labels, &fault))
		fault = "";
	if (fault && *fault)
		return fault;
	return fault || *at ? arena_printf(arena,
					   "\"%s\" is no pod by its labels: write "
					   "NAMESPACE/pod(key=value,…), and for a namespace by its "
					   "labels namespace(key=value,…)/pod(key=value,…)",
					   text)
			    : NULL;
}
