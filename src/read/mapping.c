/* Finds keys that occur twice: few keys are compared with each other, many are sorted first. */
#include "read/mapping.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

static int compare_keys(const void *a, const void *b)
{
	const struct tree_node *const *x = a, *const *y = b;
	size_t len = (*x)->count < (*y)->count ? (*x)->count : (*y)->count;
	int order = memcmp((*x)->text, (*y)->text, len);

	if (!order)
		order = ((*x)->count > (*y)->count) - ((*x)->count < (*y)->count);
	if (!order)
		order = ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
	return order ? order : ((*x)->col > (*y)->col) - ((*x)->col < (*y)->col);
}

static bool same_key(const struct tree_node *a, const struct tree_node *b)
{
	return a->count == b->count && *a->text == *b->text && !memcmp(a->text, b->text, a->count);
}

static void report_duplicate(const char *file, const struct tree_node *first,
			     const struct tree_node *second, struct diags *diags)
{
	if (second->type != SCALAR_MERGE)
		diag_syntax(diags, tree_mark(file, second),
			    "duplicate key \"%s\" (first on line %u)", second->text, first->line);
}

/* With up to so many keys, comparing each with each is faster than sorting. */
#define FEW_KEYS 16

void mapping_check(struct arena *arena, const char *file, const struct tree_node *map,
		   struct diags *diags)
{
	const struct tree_node **keys;

	if (map->count <= FEW_KEYS) {
		for (uint32_t i = 1; i < map->count; i++)
			for (uint32_t k = 0; k < i; k++)
				if (same_key(map->pairs[k].key, map->pairs[i].key)) {
					report_duplicate(file, map->pairs[k].key, map->pairs[i].key,
							 diags);
					break;
				}
		return;
	}
	keys = arena_array(arena, map->count, sizeof(const struct tree_node *));
	for (uint32_t i = 0; i < map->count; i++)
		keys[i] = map->pairs[i].key;
	qsort(keys, map->count, sizeof(const struct tree_node *), compare_keys);
	for (uint32_t i = 1, first = 0; i < map->count; i++) {
		if (same_key(keys[first], keys[i]))
			report_duplicate(file, keys[first], keys[i], diags);
		else
			first = i;
	}
}

/* A mapping that is being merged; a key that comes again gets the later value. */
struct merging {
	struct arena *arena;
	struct table keys; /* the numbers are the indices of their pairs */
	struct tree_node *into;
};

static void put_pair(struct merging *merging, const struct pair *pair)
{
	struct tree_node *into = merging->into;
	bool added;
	uint32_t at = table_add(&merging->keys, pair->key->text, pair->key->count, &added);

	into->weight += 1 + pair->value->weight;
	if (added)
		arena_push(merging->arena, into->pairs, into->count, *pair);
	else
		into->pairs[at] = *pair;
}

static bool put_pairs(struct merging *merging, const struct tree_node *from)
{
	if (from->kind != TREE_MAPPING)
		return false;
	for (uint32_t i = 0; i < from->count; i++)
		put_pair(merging, &from->pairs[i]);
	return true;
}

const struct tree_node *mapping_merge(struct arena *arena, struct tree_node *map)
{
	struct merging merging = {.arena = arena, .into = map};
	struct pair *pairs = map->pairs;
	uint32_t count = map->count, merges = 0;

	for (uint32_t i = 0; i < count; i++)
		merges += pairs[i].key->type == SCALAR_MERGE;
	if (!merges)
		return NULL;
	merging.keys.arena = merging.arena;
	map->pairs = NULL;
	map->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct tree_node *value = pairs[i].value;

		if (pairs[i].key->type != SCALAR_MERGE) {
			put_pair(&merging, &pairs[i]);
			continue;
		}
		if (value->kind != TREE_SEQUENCE && !put_pairs(&merging, value))
			return value;
		for (uint32_t k = value->kind == TREE_SEQUENCE ? value->count : 0; k-- > 0;)
			if (!put_pairs(&merging, value->items[k]))
				return value->items[k];
	}
	return NULL;
}
