/*
 * Makes the set of a comparison with blocks: merges the blocks that are left out, and keeps the
 * ranges between them.
 */
#include "ruleset/block.h"

#include "base/arena.h"

#include <string.h>

struct set block_set(struct arena *arena, enum field field, const struct range *blocks,
		     size_t count)
{
	const size_t len = field_len(field);
	const enum family family = len == family_len(V4) ? V4 : V6;
	struct range *holes = arena_array(arena, count, sizeof(*holes));
	struct range *left = arena_array(arena, count, sizeof(*left));
	const size_t hole_count = ranges_merge(
		memcpy(holes, blocks + 1, (count - 1) * sizeof(*holes)), count - 1, family);
	const size_t left_count = range_cut(blocks[0], holes, hole_count, family, left);
	uint8_t *keys = arena_array(arena, left_count, len);
	uint8_t *ends = arena_array(arena, left_count, len);

	for (size_t i = 0; i < left_count; i++) {
		memcpy(keys + i * len, left[i].first, len);
		memcpy(ends + i * len, left[i].last, len);
	}
	return (struct set){
		.fields = {field},
		.field_count = 1,
		.interval = true,
		.count = left_count,
		.keys = keys,
		.ends = ends,
		.blocks = blocks,
		.block_count = count,
	};
}
