/*
 * The addresses outside, cut by the ipBlocks of the policies.
 *
 * Along the line of all addresses the combination of blocks changes only where a range begins or is over.
 * A combination is kept as a binary tree with a leaf for each block, in or out.  Equal trees are one number, so
 * that two combinations are the same exactly if their numbers are; and a step along the line, which puts one
 * block in or out, makes a new tree of no more nodes than the tree is high.
 */
#include "ask/world_parts.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* So many ranges are named before the rest is counted. */
#define RANGES_NAMED 3

/* No block begins or is over here. */
#define NO_BLOCK UINT32_MAX

struct edge {
	uint8_t at[16];
	uint32_t block;
};

/* A tree of blocks, of two that are half as high. */
struct node {
	uint32_t halves[2];
};

/* Combinations of blocks: numbers of trees, each different one once. */
struct combinations {
	struct table numbers; /* of nodes */
	struct node *nodes;
	size_t count;
	unsigned height;
};

struct outside {
	struct arena *arena;
	const struct resolved *resolved;
	enum family family;
	struct edge *edges;
	size_t edge_count;
	struct combinations combinations;
	struct table found;    /* combinations that some address is in */
	struct range **ranges; /* by number of those */
	size_t *range_counts;
	size_t found_count, count_count;
};

/* Numbers of leaves come before those of nodes. */
enum { OUT, IN, FIRST_NODE };

static uint32_t number_of(struct arena *arena, struct combinations *combinations, struct node node)
{
	bool added = false;
	uint32_t number = table_add(&combinations->numbers, &node, sizeof(node), &added);

	if (added)
		arena_push(arena, combinations->nodes, combinations->count, node);
	return FIRST_NODE + number;
}

/* The combination of none of so many blocks. */
static uint32_t none_of(struct arena *arena, struct combinations *combinations, size_t blocks)
{
	uint32_t none = OUT;

	while ((size_t)1 << combinations->height < blocks) {
		none = number_of(arena, combinations, (struct node){{none, none}});
		combinations->height++;
	}
	return none;
}

/* The combination that has the block if @from has not, and else has it not. */
static uint32_t toggle(struct arena *arena, struct combinations *combinations, uint32_t from,
		       uint32_t block, unsigned height)
{
	struct node node;
	uint32_t *half;

	if (!height)
		return from == OUT ? IN : OUT;
	node = combinations->nodes[from - FIRST_NODE];
	half = &node.halves[block >> (height - 1) & 1];
	*half = toggle(arena, combinations, *half, block, height - 1);
	return number_of(arena, combinations, node);
}

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

static void add_edge(struct outside *outside, const uint8_t *at, uint32_t block)
{
	struct edge edge = {.block = block};

	memcpy(edge.at, at, family_len(outside->family));
	arena_push(outside->arena, outside->edges, outside->edge_count, edge);
}

static void add_edges(struct outside *outside)
{
	static const uint8_t first[16];

	add_edge(outside, first, NO_BLOCK);
	for (size_t i = 0; i < outside->resolved->definition_count; i++) {
		const struct definition *block = &outside->resolved->definitions[i];

		for (size_t k = 0;
		     block->kind == DEFINITION_BLOCK && k < block->count[outside->family]; k++) {
			struct range range = block->ranges[outside->family][k];

			add_edge(outside, range.first, (uint32_t)i);
			if (step(range.last, outside->family))
				add_edge(outside, range.last, (uint32_t)i);
		}
	}
}

static void add_range(struct outside *outside, uint32_t combination, const struct range *range)
{
	bool added = false;
	uint32_t number = table_add(&outside->found, &combination, sizeof(combination), &added);

	if (added) {
		arena_push(outside->arena, outside->ranges, outside->found_count,
			   (struct range *)NULL);
		arena_push(outside->arena, outside->range_counts, outside->count_count, (size_t)0);
	}
	arena_push(outside->arena, outside->ranges[number], outside->range_counts[number], *range);
}

/* Along the line of addresses, from the combination of no block on. */
static void cut(struct outside *outside, uint32_t combination)
{

	qsort(outside->edges, outside->edge_count, sizeof(*outside->edges), compare_edges);
	for (size_t i = 0; i < outside->edge_count; i++) {
		struct range range = {{0}, {0}};

		if (outside->edges[i].block != NO_BLOCK)
			combination = toggle(outside->arena, &outside->combinations, combination,
					     outside->edges[i].block, outside->combinations.height);
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
	struct outside outside = {.arena = arena,
				  .resolved = resolved,
				  .family = family,
				  .combinations.numbers.arena = arena,
				  .found.arena = arena};
	const uint32_t none = none_of(arena, &outside.combinations, resolved->definition_count);
	const char *any = !other_family_too ? "any other address"
			  : family == V4    ? "any other IPv4 address"
					    : "any other IPv6 address";
	uint32_t no_block;

	add_edges(&outside);
	cut(&outside, none);
	no_block = table_find(&outside.found, &none, sizeof(none));
	for (uint32_t i = 0; i < outside.found_count; i++) {
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
