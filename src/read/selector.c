/*
 * A LabelSelector to its canonical form: requirements in order of their text, each once.  Two
 * selectors that are written alike, in whatever order, become equal values.
 */
#include "base/arena.h"
#include "read/field.h"

#include <stdlib.h>

/* qsort() has no context: sort entries carry the text that orders them. */
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

/* Sorted by text, each once, as numbers. */
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

static const char *const operators[] = {
	[OP_IN] = "In",
	[OP_NOT_IN] = "NotIn",
	[OP_EXISTS] = "Exists",
	[OP_DOES_NOT_EXIST] = "DoesNotExist",
};

/* -1 after a diagnostic. */
static int parse_operator(struct reader *reader, const struct node *entry)
{
	const struct node *node = node_get(entry, "operator");
	size_t errors = reader->diags->errors;
	const char *text = want_string(reader, node, "operator");

	if (reader->diags->errors != errors)
		return -1;
	for (int op = OP_IN; text && op <= OP_DOES_NOT_EXIST; op++)
		if (!strcmp(text, operators[op]))
			return op;
	if (text)
		node_error(reader, node,
			   "unknown operator \"%s\": In, NotIn, Exists or DoesNotExist", text);
	else
		node_error(reader, node ? node : entry, "operator is missing");
	return -1;
}

/* @op -1: unknown, so that any number of values may be right. */
static void parse_values(struct reader *reader, const struct node *entry, int op,
			 struct requirement *requirement)
{
	const struct node *node = node_get(entry, "values");
	const struct node *list = want_list(reader, node, "values");
	bool takes = op == OP_IN || op == OP_NOT_IN;
	const char **texts;

	if (!list)
		return;
	if (takes && !list->count)
		node_error(reader, node ? node : entry, "%s needs values", operators[op]);
	if (op >= 0 && !takes && list->count)
		node_error(reader, node, "%s takes no values", operators[op]);
	texts = arena_array(reader->objects->arena, list->count, sizeof(*texts));
	for (uint32_t i = 0; i < list->count; i++) {
		const char *text = want_string(reader, list->items[i], "a value");

		texts[i] = text ? text : "";
		if (text && !is_label_value(text))
			node_error(reader, list->items[i], "\"%s\" is not a valid label value",
				   text);
	}
	set_values(reader->objects, requirement, texts, list->count);
}

static const char *parse_key(struct reader *reader, const struct node *entry)
{
	const struct node *node = node_get(entry, "key");
	size_t errors = reader->diags->errors;
	const char *key = want_string(reader, node, "key");

	if (!key && reader->diags->errors == errors)
		node_error(reader, node ? node : entry, "key is missing");
	else if (key && !is_label_key(key))
		node_error(reader, node, "\"%s\" is not a valid label key", key);
	return key;
}

static struct requirement parse_expression(struct reader *reader, const struct node *entry)
{
	static const char *const fields[] = {"key", "operator", "values", NULL};
	struct requirement requirement = {0};
	const char *key;
	int op;

	if (!want_mapping(reader, entry, "an entry of matchExpressions"))
		return requirement;
	/* Of null, both fields are missing. */
	if (entry->kind == NODE_MAPPING)
		check_fields(reader, entry, fields, "a matchExpressions entry");
	key = parse_key(reader, entry);
	op = parse_operator(reader, entry);
	parse_values(reader, entry, op, &requirement);
	if (key)
		requirement.key = objects_intern(reader->objects, key, strlen(key));
	requirement.op = op < 0 ? OP_EXISTS : (enum operator)op;
	return requirement;
}

/* Text that orders requirements and is the same only for equal ones. */
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

const struct selector *want_selector(struct reader *reader, const struct node *node,
				     const char *what)
{
	static const char *const fields[] = {"matchLabels", "matchExpressions", NULL};
	struct objects *objects = reader->objects;
	const struct node *map, *expressions;
	struct sortable *all;
	struct label *labels;
	size_t count, errors = reader->diags->errors;

	if (node_is_null(node))
		return NULL;
	map = want_mapping(reader, node, what);
	if (!map)
		return NULL;
	check_fields(reader, map, fields, what);
	labels = want_labels(reader, node_get(map, "matchLabels"), "matchLabels", &count);
	expressions = want_list(reader, node_get(map, "matchExpressions"), "matchExpressions");
	all = arena_array(objects->arena, count + (expressions ? expressions->count : 0),
			  sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		uint32_t *value = arena_alloc(objects->arena, sizeof(*value));

		*value = labels[i].value;
		all[i].requirement = (struct requirement){labels[i].key, OP_IN, value, 1};
	}
	for (uint32_t i = 0; expressions && i < expressions->count; i++)
		all[count++].requirement = parse_expression(reader, expressions->items[i]);
	return canonical(objects, all, reader->diags->errors == errors ? count : 0);
}
