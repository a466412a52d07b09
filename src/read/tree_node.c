/* Functions that make nodes of a tree as if they had been read from text. */
#include "read/tree_node.h"

#include "base/arena.h"

static struct tree_node *node_of(struct arena *arena, enum tree_kind kind)
{
	struct tree_node *node = arena_alloc(arena, sizeof(*node));

	node->kind = kind;
	return node;
}

struct tree_node *tree_map(struct arena *arena)
{
	return node_of(arena, TREE_MAPPING);
}

struct tree_node *tree_list(struct arena *arena)
{
	return node_of(arena, TREE_SEQUENCE);
}

struct tree_node *tree_text(struct arena *arena, const char *text)
{
	struct tree_node *node = node_of(arena, TREE_SCALAR);

	node->count = (uint32_t)strlen(text);
	node->text = arena_strndup(arena, text, node->count);
	return node;
}

static void put_pair(struct arena *arena, struct tree_node *map, struct pair pair)
{
	size_t count = map->count;

	arena_push(arena, map->pairs, count, pair);
	map->count = (uint32_t)count;
}

void tree_put(struct arena *arena, struct tree_node *map, const char *key, struct tree_node *value)
{
	struct tree_node *name;

	if (!value)
		return;
	name = node_of(arena, TREE_SCALAR);
	name->text = key;
	name->count = (uint32_t)strlen(key);
	put_pair(arena, map, (struct pair){name, value});
}

void tree_add(struct arena *arena, struct tree_node *list, struct tree_node *item)
{
	size_t count = list->count;

	arena_push(arena, list->items, count, item);
	list->count = (uint32_t)count;
}

struct tree_node *tree_copy(struct arena *arena, const struct tree_node *node)
{
	struct tree_node *copy;

	if (!node)
		return NULL;
	copy = arena_alloc(arena, sizeof(*copy));
	*copy = *node;
	switch (node->kind) {
	case TREE_SCALAR:
		copy->text = arena_strndup(arena, node->text, node->count);
		break;
	case TREE_SEQUENCE:
		copy->items = arena_array(arena, node->count, sizeof(*copy->items));
		for (uint32_t i = 0; i < node->count; i++)
			copy->items[i] = tree_copy(arena, node->items[i]);
		break;
	case TREE_MAPPING:
		copy->pairs = arena_array(arena, node->count, sizeof(*copy->pairs));
		for (uint32_t i = 0; i < node->count; i++)
			copy->pairs[i] = (struct pair){tree_copy(arena, node->pairs[i].key),
						       tree_copy(arena, node->pairs[i].value)};
		break;
	}
	return copy;
}

const char *tree_text_in(const struct tree_node *map, const char *key)
{
	const struct tree_node *node = tree_get(map, key);

	return node && node->kind == TREE_SCALAR ? node->text : "";
}

struct tree_node *tree_get(const struct tree_node *map, const char *key)
{
	if (!map || map->kind != TREE_MAPPING)
		return NULL;
	for (uint32_t i = 0; i < map->count; i++)
		if (tree_is(map->pairs[i].key, key))
			return map->pairs[i].value;
	return NULL;
}

bool tree_is_null(const struct tree_node *node)
{
	return !node || (node->kind == TREE_SCALAR && node->type == SCALAR_NULL);
}

bool tree_is(const struct tree_node *node, const char *text)
{
	return node && node->kind == TREE_SCALAR && *node->text == *text &&
	       node->count == strlen(text) && !memcmp(node->text, text, node->count);
}
