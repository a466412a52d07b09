/* Each function checks one thing that a schema can demand.  read/crd.h says what it returns. */
#include "read/crd.h"

#include "base/arena.h"
#include "read/scalar.h"

const struct tree_node *crd_required(struct reader *reader, const struct tree_node *map,
				     const char *name, const char *where)
{
	const struct tree_node *node = tree_get(map, name);

	if (!tree_is_null(node))
		return node;
	tree_error(reader, node ? node : map, "%s is missing in %s", name, where);
	return NULL;
}

const struct tree_node *crd_mapping(struct reader *reader, const struct tree_node *node,
				    const char *what)
{
	if (node->kind == TREE_MAPPING)
		return node;
	tree_error(reader, node, "%s must be a mapping, not %s", what, tree_type_name(node));
	return NULL;
}

/* Lists words as "a, b or c". */
static const char *listed(struct arena *arena, const char *const *words)
{
	struct string text = {0};

	for (size_t i = 0; words[i]; i++)
		arena_append(arena, &text, "%s%s",
			     !i             ? ""
			     : words[i + 1] ? ", "
					    : " or ",
			     words[i]);
	return text.text;
}

int crd_one_of(struct reader *reader, const struct tree_node *map, const char *const *fields,
	       const char *where)
{
	const size_t errors = reader->diags->errors;
	const char *words = listed(reader->objects->arena, fields);
	int found = -1;

	check_fields(reader, map, fields, where);
	if (reader->diags->errors > errors)
		return -1;
	for (int i = 0; fields[i]; i++) {
		const struct tree_node *node = tree_get(map, fields[i]);

		if (!tree_is_null(node) && found >= 0)
			tree_error(reader, node, "%s beside %s: %s has exactly one of %s",
				   fields[i], fields[found], where, words);
		else if (!tree_is_null(node))
			found = i;
	}
	if (found < 0)
		tree_error(reader, map, "%s needs one of %s", where, words);
	return reader->diags->errors > errors ? -1 : found;
}

const struct tree_node *crd_list(struct reader *reader, const struct tree_node *map,
				 const char *name, uint32_t max)
{
	const struct tree_node *list = tree_get(map, name);

	if (tree_is_null(list))
		return NULL;
	list = want_list(reader, list, name);
	/* A list in a live object was within the limits of the server's own version. */
	if (list && list->count > max && !reader->is_live)
		tree_error(reader, list->items[max], "%s has %u entries, more than %u", name,
			   list->count, max);
	return list;
}

const struct tree_node *crd_full_list(struct reader *reader, const struct tree_node *map,
				      const char *name, const char *where, uint32_t max)
{
	const struct tree_node *list = NULL;

	if (crd_required(reader, map, name, where))
		list = crd_list(reader, map, name, max);
	if (list && !list->count)
		tree_error(reader, list, "%s needs at least one entry", name);
	return list;
}

static bool is_string(const struct tree_node *node)
{
	return node->kind == TREE_SCALAR && node->type == SCALAR_STRING;
}

void crd_check_set(struct reader *reader, const struct tree_node *list, const char *what)
{
	for (uint32_t i = 1; i < list->count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (is_string(list->items[k]) && is_string(list->items[i]) &&
			    tree_is(list->items[i], list->items[k]->text)) {
				tree_error(reader, list->items[i], "a second \"%s\" in %s",
					   list->items[i]->text, what);
				break;
			}
}

int crd_word(struct reader *reader, const struct tree_node *map, const char *name,
	     const char *where, const char *const *words)
{
	const struct tree_node *node = crd_required(reader, map, name, where);
	const char *text = node ? want_string(reader, node, name) : NULL;
	struct arena *arena = reader->objects->arena;

	for (int i = 0; text && words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	if (text)
		tree_error(reader, node, "unknown %s \"%s\": %s", name, text, listed(arena, words));
	return -1;
}
