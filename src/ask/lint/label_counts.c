/*
 * Counts labels once, for all selectors that match nothing in a crowd.
 *
 * A requirement is not fulfilled if nobody has what it asks for, or if everybody has what it
 * forbids.
 */
#include "ask/lint/label_counts.h"

#include "ask/lint/crowd.h"
#include "base/arena.h"
#include "base/nearest.h"

#include <stdlib.h>

/* At most so many values of a label are named; the others are counted.  */
#define VALUES_NAMED 4

/* If there are more words than so many, none is looked for that a misspelt one may have meant. */
#define WORDS_READ 1000

/* The values of a label, and how many objects have the label.  */
struct label_key {
	const char **values; /* without repetitions; sorted by text if `sorted` is true */
	size_t count;
	size_t carriers;
	bool sorted;
};

struct label_census {
	size_t count;
	bool runs; /* one of the pods runs */
	struct table labels, keys;
	size_t *carriers; /* index: label */
	size_t carrier_count;
	struct label_key *by_key;
	size_t key_count;
};

struct census_book {
	struct table texts; /* keys: words for all pods of some namespaces */
	struct label_census **censuses;
	size_t count;
	struct label_census *namespaces; /* NULL: it has not been asked for yet */
};

static const struct selector everything;

static void count_labels(const struct lint *lint, struct label_census *census,
			 const struct label *labels, size_t count)
{
	struct arena *arena = lint->arena;

	census->count++;
	for (size_t i = 0; i < count; i++) {
		bool new_label = false, new_key = false;
		uint32_t label =
			table_add(&census->labels, &labels[i], sizeof(labels[i]), &new_label);
		uint32_t key =
			table_add(&census->keys, &labels[i].key, sizeof(labels[i].key), &new_key);

		if (new_label)
			arena_push(arena, census->carriers, census->carrier_count, (size_t)0);
		if (new_key)
			arena_push(arena, census->by_key, census->key_count,
				   ((struct label_key){0}));
		if (new_label)
			arena_push(arena, census->by_key[key].values, census->by_key[key].count,
				   lint->objects->string_of[labels[i].value]);
		census->carriers[label]++;
		census->by_key[key].carriers++;
	}
}

static struct label_census *new_census(const struct lint *lint)
{
	struct label_census *census = arena_alloc(lint->arena, sizeof(*census));

	census->labels.arena = census->keys.arena = lint->arena;
	return census;
}

void lint_prepare_censuses(struct lint *lint)
{
	lint->censuses = arena_alloc(lint->arena, sizeof(*lint->censuses));
	lint->censuses->texts.arena = lint->arena;
}

const struct label_census *lint_census_of_namespaces(const struct lint *lint)
{
	struct census_book *book = lint->censuses;

	if (book->namespaces)
		return book->namespaces;
	book->namespaces = new_census(lint);
	for (size_t i = 0; i < lint->objects->namespace_count; i++)
		count_labels(lint, book->namespaces, lint->objects->namespaces[i].labels,
			     lint->objects->namespaces[i].label_count);
	return book->namespaces;
}

static struct label_census *count_pods(const struct lint *lint, const struct policy *policy,
				       const struct peer *all)
{
	struct label_census *census = new_census(lint);
	const struct crowd crowd = lint_crowd(lint, policy, all);

	for (size_t i = 0; i < crowd.count; i++) {
		const struct pod *pod = &lint->objects->pods[crowd.pods[i]];

		count_labels(lint, census, pod->labels, pod->label_count);
		census->runs |= lint_party(lint, crowd.pods[i])->kind == PARTY_POD;
	}
	return census;
}

const struct label_census *lint_census_of_pods(const struct lint *lint, const struct policy *policy,
					       const struct peer *peer)
{
	const struct peer all = {.kind = PEER_PODS,
				 .namespaces = peer ? peer->namespaces : NULL,
				 .pods = &everything};
	struct census_book *book = lint->censuses;
	const char *text = pods_in_words(lint->scratch, lint->objects, &all, policy->namespace);
	bool added = false;
	uint32_t number = table_add(&book->texts, text, strlen(text), &added);

	if (added)
		arena_push(lint->arena, book->censuses, book->count,
			   count_pods(lint, policy, &all));
	return book->censuses[number];
}

size_t census_count(const struct label_census *census)
{
	return census->count;
}

bool census_runs(const struct label_census *census)
{
	return census->runs;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct label_key *find_key(const struct label_census *census, uint32_t key)
{
	uint32_t number = table_find(&census->keys, &key, sizeof(key));
	struct label_key *found = number == TABLE_NONE ? NULL : &census->by_key[number];

	if (found && !found->sorted)
		qsort(found->values, found->count, sizeof(*found->values), compare_texts);
	if (found)
		found->sorted = true;
	return found;
}

/* How many have one of the requirement's values.  */
static size_t carriers_of(const struct label_census *census, const struct requirement *requirement)
{
	size_t carriers = 0;

	for (size_t i = 0; i < requirement->count; i++) {
		const struct label label = {requirement->key, requirement->values[i]};
		uint32_t number = table_find(&census->labels, &label, sizeof(label));

		carriers += number == TABLE_NONE ? 0 : census->carriers[number];
	}
	return carriers;
}

static bool is_fulfilled(const struct label_census *census, const struct requirement *requirement)
{
	const struct label_key *key = find_key(census, requirement->key);

	switch (requirement->op) {
	case OP_IN:
		return carriers_of(census, requirement) > 0;
	case OP_EXISTS:
		return key != NULL;
	case OP_NOT_IN:
		return carriers_of(census, requirement) < census->count;
	case OP_DOES_NOT_EXIST:
		return !key || key->carriers < census->count;
	}
	return true;
}

/*
 * The first requirement that nobody fulfils; NULL: each is fulfilled by somebody, but no one
 * fulfils all of them.
 */
static const struct requirement *unfulfilled(const struct label_census *census,
					     const struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		if (!is_fulfilled(census, &selector->requirements[i]))
			return &selector->requirements[i];
	return NULL;
}

const char *census_asked(const struct lint *lint, const struct label_census *census,
			 const struct selector *selector)
{
	const struct requirement *requirement = unfulfilled(census, selector);
	struct selector one = {.count = 1};

	if (!requirement)
		return selector_in_words(lint->arena, lint->objects, selector);
	one.requirements = arena_alloc(lint->scratch, sizeof(*requirement));
	*one.requirements = *requirement;
	return selector_in_words(lint->arena, lint->objects, &one);
}

/*
 * A value that is there, and that one of the requirement's values may be a misspelling of; NULL:
 * there is none.
 */
static const char *nearest(const struct lint *lint, const struct requirement *requirement,
			   const struct label_key *key)
{
	struct nearest best = {0};

	if (key->count * requirement->count > WORDS_READ)
		return NULL;
	for (size_t k = 0; k < requirement->count; k++) {
		struct nearest near = {.wanted = lint->objects->string_of[requirement->values[k]]};

		for (size_t i = 0; i < key->count; i++)
			nearest_look_at(&near, key->values[i]);
		if (near.found && (!best.found || near.edits < best.edits))
			best = near;
	}
	return best.found;
}

const char *census_nearest(const struct lint *lint, const struct label_census *census,
			   const struct selector *selector)
{
	const struct requirement *requirement = unfulfilled(census, selector);
	const struct label_key *key = requirement ? find_key(census, requirement->key) : NULL;
	const char *near = key && requirement->op == OP_IN ? nearest(lint, requirement, key) : NULL;

	if (!near)
		return NULL;
	return arena_printf(lint->arena, "%s: %s", lint->objects->string_of[requirement->key],
			    near);
}

static const char *values_text(const struct lint *lint, const struct label_key *key)
{
	struct string text = {0};

	for (size_t i = 0; i < key->count && i < VALUES_NAMED; i++)
		arena_append(lint->arena, &text, "%s%s", i ? ", " : "",
			     *key->values[i] ? key->values[i] : "(empty)");
	if (key->count > VALUES_NAMED)
		arena_append(lint->arena, &text, " and %zu more", key->count - VALUES_NAMED);
	return text.text;
}

/* Every namespace has a label with its name, but by a longer key than many expect. */
static const char *own_name_hint(const struct lint *lint, const struct label_census *census,
				 const struct requirement *requirement)
{
	if (census != lint_census_of_namespaces(lint) || requirement->op != OP_IN ||
	    strcmp(lint->objects->string_of[requirement->key], "name") != 0)
		return "";
	for (size_t i = 0; i < requirement->count; i++)
		if (objects_namespace(lint->objects,
				      lint->objects->string_of[requirement->values[i]]))
			return ", but every namespace has kubernetes.io/metadata.name";
	return "";
}

const char *census_instead(const struct lint *lint, const struct label_census *census,
			   const struct selector *selector)
{
	const struct requirement *requirement = unfulfilled(census, selector);
	const struct label_key *key = requirement ? find_key(census, requirement->key) : NULL;
	const char *name = requirement ? lint->objects->string_of[requirement->key] : NULL;

	if (!requirement)
		return "none has all of the labels together";
	if (!key)
		return arena_printf(lint->arena, "none there has a label %s%s", name,
				    own_name_hint(lint, census, requirement));
	return arena_printf(lint->arena,
			    requirement->op == OP_IN ? "%s is %s there" : "all there have %s = %s",
			    name, values_text(lint, key));
}
