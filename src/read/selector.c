/*
 * Reads a LabelSelector into its canonical form: requirements sorted by their text, without
 * repetitions.  Two selectors that say the same in another order become equal values.
 *
 * The hard idea: a CRD checks only the structure of a selector.  What the API of NetworkPolicy
 * refuses (an unknown operator, In without values, a value that no label can have) can be stored in
 * a ClusterNetworkPolicy, where it selects nothing that anybody could name.  Such a selector is
 * called impossible here.
 */
#include "base/arena.h"
#include "model/syntax.h"
#include "read/field.h"

#include <stdlib.h>

/* qsort() passes no context, so the entries to be sorted carry the text that orders them. */
struct sortable {
	const char *text;
	struct requirement requirement;
};

static int by_text(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts values by text, without repetitions, and stores them as numbers. */
static void set_values(struct objects *objects, struct requirement *requirement, const char **texts,
		       size_t count)
{
	qsort(texts, count, sizeof(*texts), compare_strings);
	requirement->values = arena_array(objects->arena, count, sizeof(*requirement->values));
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(texts[i], texts[i - 1]) != 0)
			requirement->values[requirement->count++] =
				objects_intern(objects, texts[i], strlen(texts[i]));
}

/* A selector that is being read. */
struct selector_reading {
	struct reader *reader;
	/*
	 * of a CRD's selector: becomes false if it is impossible; NULL: an impossible one is an
	 * error
	 */
	bool *possible;
};

/*
 * Reports that what is written at the node can be no part of a selector: as an error, or (in a CRD)
 * only as a warning.
 */
#define tell_impossible(reading, node, ...)                                                        \
	do {                                                                                       \
		const struct mark at_node = tree_mark((reading)->reader->file, (node));            \
                                                                                                   \
		diag_add((reading)->reader->diags,                                                 \
			 (reading)->possible ? DIAG_WARNING : DIAG_ERROR, at_node, __VA_ARGS__);   \
		if ((reading)->possible)                                                           \
			*(reading)->possible = false;                                              \
	} while (0)

static const char *const operators[] = {
	[OP_IN] = "In",
	[OP_NOT_IN] = "NotIn",
	[OP_EXISTS] = "Exists",
	[OP_DOES_NOT_EXIST] = "DoesNotExist",
};

/* Returns -1 after a diagnostic. */
static int parse_operator(const struct selector_reading *reading, const struct tree_node *entry)
{
	struct reader *reader = reading->reader;
	const struct tree_node *node = tree_get(entry, "operator");
	size_t errors = reader->diags->errors;
	const char *text = want_string(reader, node, "operator");

	if (reader->diags->errors != errors)
		return -1;
	for (int op = OP_IN; text && op <= OP_DOES_NOT_EXIST; op++)
		if (!strcmp(text, operators[op]))
			return op;
	if (text)
		tell_impossible(reading, node,
				"unknown operator \"%s\": In, NotIn, Exists or DoesNotExist", text);
	else
		tree_error(reader, node ? node : entry, "operator is missing");
	return -1;
}

/* @op is -1 if the operator is unknown; then any number of values may be right. */
static void parse_values(const struct selector_reading *reading, const struct tree_node *entry,
			 int op, struct requirement *requirement)
{
	struct reader *reader = reading->reader;
	const struct tree_node *node = tree_get(entry, "values");
	const struct tree_node *list = want_list(reader, node, "values");
	bool takes = op == OP_IN || op == OP_NOT_IN;
	const char **texts;

	if (!list)
		return;
	if (takes && !list->count)
		tell_impossible(reading, node ? node : entry, "%s needs values", operators[op]);
	if (op >= 0 && !takes && list->count)
		tell_impossible(reading, node, "%s takes no values", operators[op]);
	texts = arena_array(reader->objects->arena, list->count, sizeof(*texts));
	for (uint32_t i = 0; i < list->count; i++) {
		const char *text = want_string(reader, list->items[i], "a value");

		texts[i] = text ? text : "";
		if (reading->possible && tree_is_null(list->items[i]))
			tree_error(reader, list->items[i], "a value must be a string, not null");
		if (text && !is_label_value(text))
			tell_impossible(reading, list->items[i],
					"\"%s\" is not a valid label value", text);
	}
	set_values(reader->objects, requirement, texts, list->count);
}

static const char *parse_key(const struct selector_reading *reading, const struct tree_node *entry)
{
	struct reader *reader = reading->reader;
	const struct tree_node *node = tree_get(entry, "key");
	size_t errors = reader->diags->errors;
	const char *key = want_string(reader, node, "key");

	if (!key && reader->diags->errors == errors)
		tree_error(reader, node ? node : entry, "key is missing");
	else if (key && !is_label_key(key))
		tell_impossible(reading, node, "\"%s\" is not a valid label key", key);
	return key;
}

static struct requirement parse_expression(const struct selector_reading *reading,
					   const struct tree_node *entry)
{
	struct reader *reader = reading->reader;
	static const char *const fields[] = {"key", "operator", "values", NULL};
	struct requirement requirement = {0};
	const char *key;
	int op;

	if (!want_mapping(reader, entry, "an entry of matchExpressions"))
		return requirement;
	/* For null, both fields would be reported as missing. */
	if (entry->kind == TREE_MAPPING)
		check_fields(reader, entry, fields, "a matchExpressions entry");
	key = parse_key(reading, entry);
	op = parse_operator(reading, entry);
	parse_values(reading, entry, op, &requirement);
	if (key)
		requirement.key = objects_intern(reader->objects, key, strlen(key));
	requirement.op = op < 0 ? OP_EXISTS : (enum operator)op;
	return requirement;
}

/* A text that orders requirements, and is the same only for equal ones. */
static const char *order_text(const struct objects *objects, const struct requirement *requirement)
{
	struct string text = {0};

	arena_append(objects->arena, &text, "%s %d", objects->string_of[requirement->key],
		     (int)requirement->op);
	for (size_t i = 0; i < requirement->count; i++)
		arena_append(objects->arena, &text, " %s",
			     objects->string_of[requirement->values[i]]);
	return text.text;
}

static const struct selector *canonical(struct objects *objects, struct sortable *all, size_t count)
{
	struct selector *selector = arena_alloc(objects->arena, sizeof(*selector));

	for (size_t i = 0; count > 1 && i < count; i++)
		all[i].text = order_text(objects, &all[i].requirement);
	if (count > 1)
		qsort(all, count, sizeof(*all), by_text);
	selector->requirements = arena_array(objects->arena, count, sizeof(struct requirement));
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(all[i].text, all[i - 1].text) != 0)
			selector->requirements[selector->count++] = all[i].requirement;
	return selector;
}

/* Reads matchLabels of a CRD, of which the API server drops the entries that are null. */
static struct label *crd_labels(const struct selector_reading *reading, const struct tree_node *map,
				size_t *count)
{
	struct reader *reader = reading->reader;
	struct objects *objects = reader->objects;
	struct label *labels = arena_array(objects->arena, map->count, sizeof(*labels));

	*count = 0;
	for (uint32_t i = 0; i < map->count; i++) {
		const struct tree_node *key = map->pairs[i].key, *value = map->pairs[i].value;
		const char *text = want_string(reader, value, "a label's value");

		if (!text)
			continue;
		if (strlen(key->text) != key->count || !is_label_key(key->text))
			tell_impossible(reading, key, "\"%s\" is not a valid label key", key->text);
		if (!is_label_value(text))
			tell_impossible(reading, value, "\"%s\" is not a valid label value", text);
		labels[(*count)++] = (struct label){
			.key = objects_intern(objects, key->text, key->count),
			.value = objects_intern(objects, text, strlen(text)),
		};
	}
	return labels;
}

static struct label *match_labels(const struct selector_reading *reading,
				  const struct tree_node *node, size_t *count)
{
	static const char what[] = "matchLabels";
	const struct tree_node *map;

	if (!reading->possible)
		return want_labels(reading->reader, node, what, count);
	map = want_mapping(reading->reader, node, what);
	*count = 0;
	return map ? crd_labels(reading, map, count) : NULL;
}

static const struct selector *read_selector(const struct selector_reading *reading,
					    const struct tree_node *node, const char *what)
{
	static const char *const fields[] = {"matchLabels", "matchExpressions", NULL};
	struct reader *reader = reading->reader;
	struct objects *objects = reader->objects;
	const struct tree_node *map = want_mapping(reader, node, what), *expressions;
	size_t count, errors = reader->diags->errors;
	struct sortable *all;
	struct label *labels;

	if (!map)
		return NULL;
	check_fields(reader, map, fields, what);
	labels = match_labels(reading, tree_get(map, "matchLabels"), &count);
	expressions = want_list(reader, tree_get(map, "matchExpressions"), "matchExpressions");
	all = arena_array(objects->arena, count + (expressions ? expressions->count : 0),
			  sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		uint32_t *value = arena_alloc(objects->arena, sizeof(*value));

		*value = labels[i].value;
		all[i].requirement = (struct requirement){labels[i].key, OP_IN, value, 1};
	}
	for (uint32_t i = 0; expressions && i < expressions->count; i++)
		all[count++].requirement = parse_expression(reading, expressions->items[i]);
	return canonical(objects, all, reader->diags->errors == errors ? count : 0);
}

const struct selector *want_selector(struct reader *reader, const struct tree_node *node,
				     const char *what)
{
	const struct selector_reading reading = {.reader = reader};

	return tree_is_null(node) ? NULL : read_selector(&reading, node, what);
}

const struct selector *want_crd_selector(struct reader *reader, const struct tree_node *node,
					 const char *what, bool *possible)
{
	static const struct selector everything;
	const struct selector_reading reading = {.reader = reader, .possible = possible};
	const struct selector *selector =
		tree_is_null(node) ? NULL : read_selector(&reading, node, what);

	return selector ? selector : &everything;
}
