/* Functions that make nodes of a tree as if they had been read from text. */
#include "read/node.h"

#include "base/arena.h"

static struct node *node_of(struct arena *arena, enum node_kind kind)
{
	struct node *node = arena_alloc(arena, sizeof(*node));

	node->kind = kind;
	return node;
}

struct node *node_map(struct arena *arena)
{
	return node_of(arena, NODE_MAPPING);
}

struct node *node_list(struct arena *arena)
{
	return node_of(arena, NODE_SEQUENCE);
}

struct node *node_text(struct arena *arena, const char *text)
{
	struct node *node = node_of(arena, NODE_SCALAR);

	node->count = (uint32_t)strlen(text);
	node->text = arena_strndup(arena, text, node->count);
	return node;
}

static void put_pair(struct arena *arena, struct node *map, struct pair pair)
{
	size_t count = map->count;

	arena_push(arena, map->pairs, count, pair);
	map->count = (uint32_t)count;
}

void node_put(struct arena *arena, struct node *map, const char *key, struct node *value)
{
	struct node *name;

	if (!value)
		return;
	name = node_of(arena, NODE_SCALAR);
	name->text = key;
	name->count = (uint32_t)strlen(key);
	put_pair(arena, map, (struct pair){name, value});
}

void node_add(struct arena *arena, struct node *list, struct node *item)
{
	size_t count = list->count;

	arena_push(arena, list->items, count, item);
	list->count = (uint32_t)count;
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
	struct node *copy;

	if (!node)
		return NULL;
	copy = arena_alloc(arena, sizeof(*copy));
	*copy = *node;
	switch (node->kind) {
	case NODE_SCALAR:
		copy->text = arena_strndup(arena, node->text, node->count);
		break;
	case NODE_SEQUENCE:
		copy->items = arena_array(arena, node->count, sizeof(*copy->items));
		for (uint32_t i = 0; i < node->count; i++)
			copy->items[i] = node_copy(arena, node->items[i]);
		break;
	case NODE_MAPPING:
		copy->pairs = arena_array(arena, node->count, sizeof(*copy->pairs));
		for (uint32_t i = 0; i < node->count; i++)
			copy->pairs[i] = (struct pair){node_copy(arena, node->pairs[i].key),
						       node_copy(arena, node->pairs[i].value)};
		break;
	}
	return copy;
}

const char *node_text_in(const struct node *map, const char *key)
{
	const struct node *node = node_get(map, key);

	return node && node->kind == NODE_SCALAR ? node->text : "";
}

struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAPPING)
		return NULL;
	for (uint32_t i = 0; i < map->count; i++)
		if (node_is(map->pairs[i].key, key))
			return map->pairs[i].value;
	return NULL;
}

bool node_is_null(const struct node *node)
{
	return !node || (node->kind == NODE_SCALAR && node->type == SCALAR_NULL);
}

bool node_is(const struct node *node, const char *text)
{
	return node && node->kind == NODE_SCALAR && *node->text == *text &&
	       node->count == strlen(text) && !memcmp(node->text, text, node->count);
}
