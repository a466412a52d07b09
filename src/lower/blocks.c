/*
 * Decides by the number of blocks and prefixes which form they take, and fills sets with their
 * ranges.
 */
#include "lower/blocks.h"

#include "base/arena.h"
#include "ruleset/block.h"

/* Are they few enough for a rule each? */
static bool are_few(const struct resolved *resolved, const struct peer_union *of)
{
	size_t all = of->count;

	for (size_t i = 0; i < of->count && all <= BLOCKS_AND_HOLES_MAX; i++)
		all += resolved->definitions[of->definitions[i]].peer->except_count;
	return of->count <= BLOCKS_COMPARED_MAX && all <= BLOCKS_AND_HOLES_MAX;
}

/* Merges the ranges of all definitions; the result is sorted and disjoint. */
static struct range *all_ranges(struct arena *arena, const struct resolved *resolved,
				const struct peer_union *of, enum family family, size_t *count)
{
	struct range *all = NULL;

	*count = 0;
	for (size_t i = 0; i < of->count; i++) {
		const struct definition *definition = &resolved->definitions[of->definitions[i]];

		for (size_t k = 0; k < definition->count[family]; k++)
			arena_push(arena, all, *count, definition->ranges[family][k]);
	}
	*count = ranges_merge(all, *count, family);
	return all;
}

/* Chooses between bitmaps and a tree for a set of ranges. */
static enum block_form range_form(const struct range *ranges, size_t count, enum family family)
{
	size_t prefixes = 0;

	for (size_t i = 0; i < count && prefixes <= BITMAP_PREFIXES_MAX; i++)
		prefixes += range_prefix_count(&ranges[i], family);
	return prefixes <= BITMAP_PREFIXES_MAX ? BLOCKS_AS_BITMAPS : BLOCKS_AS_TREE;
}

enum block_form block_form(const struct resolved *resolved, const struct peer_union *of,
			   enum family family)
{
	const struct range *ranges;
	struct arena *scratch;
	enum block_form form;
	size_t count;

	if (are_few(resolved, of))
		return BLOCKS_COMPARED;
	scratch = arena_new();
	ranges = all_ranges(scratch, resolved, of, family, &count);
	form = range_form(ranges, count, family);
	arena_free(scratch);
	return form;
}

struct set block_comparison(struct arena *arena, const struct definition *definition)
{
	const struct peer *peer = definition->peer;
	const enum family family = peer->cidr.base.family;
	struct range *blocks = arena_array(arena, 1 + peer->except_count, sizeof(*blocks));

	blocks[0] = cidr_range(&peer->cidr);
	for (size_t i = 0; i < peer->except_count; i++)
		blocks[1 + i] = cidr_range(&peer->excepts[i]);
	return block_set(arena, family == V4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR, blocks,
			 1 + peer->except_count);
}

void blocks_fill_ranges(struct arena *arena, const struct range *ranges, size_t count,
			enum family family, struct set *set)
{
	const bool as_bitmaps = range_form(ranges, count, family) == BLOCKS_AS_BITMAPS;
	const size_t len = family_len(family);
	size_t key_len;
	uint8_t *keys, *ends;

	if (as_bitmaps)
		set->fields[set->field_count++] = FIELD_NFPROTO;
	key_len = set_key_len(set);
	keys = arena_array(arena, count, key_len);
	ends = arena_array(arena, count, key_len);
	for (size_t i = 0; i < count; i++) {
		memcpy(keys + i * key_len, ranges[i].first, len);
		memcpy(ends + i * key_len, ranges[i].last, len);
		if (as_bitmaps)
			keys[i * key_len + len] = ends[i * key_len + len] = family_nfproto(family);
	}
	set->interval = true;
	set->count = count;
	set->keys = keys;
	set->ends = ends;
}

void blocks_fill(struct arena *arena, const struct resolved *resolved, const struct peer_union *of,
		 enum family family, struct set *set)
{
	size_t count;
	const struct range *ranges = all_ranges(arena, resolved, of, family, &count);

	blocks_fill_ranges(arena, ranges, count, family, set);
}
