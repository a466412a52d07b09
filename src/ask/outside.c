/*
 * The addresses outside, cut by the ipBlocks of the policies.
 *
 * Along the line of all addresses the combination of blocks changes only where a range begins or is over.
 * A combination is the exclusive or of a random number for each block: it costs no more for many blocks.
 */
#include "ask/world_parts.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* So many ranges are named before the rest is counted. */
#define RANGES_NAMED 3

struct edge {
	uint8_t at[16];
	uint64_t block;
};

struct outside {
	struct arena *arena;
	const struct resolved *resolved;
	enum family family;
	struct edge *edges;
	size_t edge_count;
	struct table combinations;
	struct range **ranges; /* by combination */
	size_t *range_counts;
	size_t combination_count, count_count;
};

static int compare_edges(const void *a, const void *b)
{
	return memcmp(((const struct edge *)a)->at, ((const struct edge *)b)->at, 16);
}

/* To the next address; false behind the last there is. */
static bool step(uint8_t *addr, enum family family)
{
	size_t at = family_len(family);

	while (at > 0 && ++addr[at - 1] == 0)
		at--;
	return at > 0;
}

static void step_back(uint8_t *addr, enum family family)
{
	size_t at = family_len(family);

	while (at > 0 && addr[at - 1]-- == 0)
		at--;
}

static void add_edge(struct outside *outside, const uint8_t *at, uint64_t block)
{
	struct edge edge = {.block = block};

	memcpy(edge.at, at, family_len(outside->family));
	arena_push(outside->arena, outside->edges, outside->edge_count, edge);
}

static void add_edges(struct outside *outside)
{
	static const uint8_t first[16];

	add_edge(outside, first, 0);
	for (size_t i = 0; i < outside->resolved->definition_count; i++) {
		const struct definition *block = &outside->resolved->definitions[i];
		uint64_t number = hash_bytes(HASH_START, &i, sizeof(i));

		for (size_t k = 0;
		     block->kind == DEFINITION_BLOCK && k < block->count[outside->family]; k++) {
			struct range range = block->ranges[outside->family][k];

			add_edge(outside, range.first, number);
			if (step(range.last, outside->family))
				add_edge(outside, range.last, number);
		}
	}
}

static void add_range(struct outside *outside, uint64_t combination, const struct range *range)
{
	bool added = false;
	uint32_t number =
		table_add(&outside->combinations, &combination, sizeof(combination), &added);

	if (added) {
		arena_push(outside->arena, outside->ranges, outside->combination_count,
			   (struct range *)NULL);
		arena_push(outside->arena, outside->range_counts, outside->count_count, (size_t)0);
	}
	arena_push(outside->arena, outside->ranges[number], outside->range_counts[number], *range);
}

static void cut(struct outside *outside)
{
	uint64_t combination = 0;

	qsort(outside->edges, outside->edge_count, sizeof(*outside->edges), compare_edges);
	for (size_t i = 0; i < outside->edge_count; i++) {
		struct range range = {{0}, {0}};

		combination ^= outside->edges[i].block;
		if (i + 1 < outside->edge_count &&
		    !compare_edges(&outside->edges[i], &outside->edges[i + 1]))
			continue;
		memcpy(range.first, outside->edges[i].at, 16);
		if (i + 1 < outside->edge_count) {
			memcpy(range.last, outside->edges[i + 1].at, 16);
			step_back(range.last, outside->family);
		} else {
			memset(range.last, 0xff, family_len(outside->family));
		}
		add_range(outside, combination, &range);
	}
}

static int compare_addr(const void *key, const void *item)
{
	return memcmp(key, ((const struct pod_addr *)item)->bytes, 16);
}

static bool is_of_a_pod(const struct resolved *resolved, enum family family, const uint8_t *bytes)
{
	return resolved->addr_count[family] &&
	       bsearch(bytes, resolved->addrs[family], resolved->addr_count[family],
		       sizeof(struct pod_addr), compare_addr);
}

/* The first address of the ranges that belongs to no pod; false if all do. */
static bool find_addr(const struct outside *outside, const struct range *ranges, size_t count,
		      struct addr *found)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t at[16] = {0};

		memcpy(at, ranges[i].first, family_len(outside->family));
		while (is_of_a_pod(outside->resolved, outside->family, at)) {
			if (!memcmp(at, ranges[i].last, family_len(outside->family)) ||
			    !step(at, outside->family))
				break;
		}
		if (is_of_a_pod(outside->resolved, outside->family, at))
			continue;
		found->family = outside->family;
		memcpy(found->bytes, at, sizeof(at));
		return true;
	}
	return false;
}

const char *world_ranges_text(struct arena *arena, enum family family, const struct range *ranges,
			      size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count && i < RANGES_NAMED; i++) {
		char words[RANGE_TEXT];

		range_text(family, ranges[i].first, ranges[i].last, words);
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", words);
	}
	if (count > RANGES_NAMED)
		text = arena_printf(arena, "%s and %zu more ranges", text, count - RANGES_NAMED);
	return text;
}

void world_outside(struct arena *arena, const struct resolved *resolved, enum family family,
		   bool other_family_too, struct party_list *parties)
{
	static const uint64_t none = 0;
	struct outside outside = {.arena = arena,
				  .resolved = resolved,
				  .family = family,
				  .combinations.arena = arena};
	const char *any = !other_family_too ? "any other address"
			  : family == V4    ? "any other IPv4 address"
					    : "any other IPv6 address";
	uint32_t no_block;

	add_edges(&outside);
	cut(&outside);
	no_block = table_find(&outside.combinations, &none, sizeof(none));
	for (uint32_t i = 0; i < outside.combination_count; i++) {
		struct party party = {.kind = PARTY_OUTSIDE,
				      .namespace = "",
				      .pod = ANYTHING,
				      .twin_pod = ANYTHING,
				      .ranges = outside.ranges[i],
				      .range_count = outside.range_counts[i],
				      .rest = i == no_block};

		if (!find_addr(&outside, party.ranges, party.range_count, &party.addr[family]))
			continue;
		party.has[family] = true;
		party.text = i == no_block ? any
					   : world_ranges_text(arena, family, party.ranges,
							       party.range_count);
		arena_push(arena, parties->items, parties->count, party);
	}
}
