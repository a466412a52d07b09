/*
 * Sorts the places where ranges begin or end; from one place to the next, one number goes into the
 * combination or out of it.  The nodes of trees are numbered by their two halves, so that equal
 * trees have one number.
 */
#include "ask/world/address_pieces.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* No range begins or ends here. */
#define NO_NUMBER UINT32_MAX

struct edge {
	uint8_t at[16];
	uint32_t number;
};

/* A tree of numbers, made of two that are half as high. */
struct line_node {
	uint32_t halves[2];
};

/* Combinations, as numbers of trees; each exists once. */
struct combinations {
	struct table numbers; /* keys: nodes */
	struct line_node *nodes;
	size_t count;
	unsigned height;
};

/* The addresses of a combination; the list grows. */
struct growing_piece {
	struct range *ranges;
	size_t count;
	bool bare;
};

struct line_cutting {
	struct arena *arena;
	enum family family;
	struct edge *edges;
	size_t edge_count;
	struct combinations combinations;
	struct table found; /* the combinations of some address */
	struct growing_piece *pieces;
	size_t piece_count;
};

/* The numbers of leaves come before those of nodes. */
enum { OUT, IN, FIRST_NODE };

static uint32_t number_of(struct arena *arena, struct combinations *combinations,
			  struct line_node node)
{
	bool added = false;
	uint32_t number = table_add(&combinations->numbers, &node, sizeof(node), &added);

	if (added)
		arena_push(arena, combinations->nodes, combinations->count, node);
	return FIRST_NODE + number;
}

/* The combination that has none of so many numbers. */
static uint32_t none_of(struct arena *arena, struct combinations *combinations, size_t numbers)
{
	uint32_t none = OUT;

	while ((size_t)1 << combinations->height < numbers) {
		none = number_of(arena, combinations, (struct line_node){{none, none}});
		combinations->height++;
	}
	return none;
}

/* The combination that differs from @from in whether it has the number. */
static uint32_t toggle(struct arena *arena, struct combinations *combinations, uint32_t from,
		       uint32_t number, unsigned height)
{
	struct line_node node;
	uint32_t *half;

	if (!height)
		return from == OUT ? IN : OUT;
	node = combinations->nodes[from - FIRST_NODE];
	half = &node.halves[number >> (height - 1) & 1];
	*half = toggle(arena, combinations, *half, number, height - 1);
	return number_of(arena, combinations, node);
}

static int compare_edges(const void *a, const void *b)
{
	return memcmp(((const struct edge *)a)->at, ((const struct edge *)b)->at, 16);
}

static void add_edge(struct line_cutting *cutting, const uint8_t *at, uint32_t number)
{
	struct edge edge = {.number = number};

	memcpy(edge.at, at, family_len(cutting->family));
	arena_push(cutting->arena, cutting->edges, cutting->edge_count, edge);
}

static void add_edges(struct line_cutting *cutting, const struct line_range *ranges, size_t count)
{
	static const uint8_t first[16];

	add_edge(cutting, first, NO_NUMBER);
	for (size_t i = 0; i < count; i++) {
		struct range range = ranges[i].range;

		add_edge(cutting, range.first, ranges[i].number);
		if (addr_step_up(range.last, cutting->family))
			add_edge(cutting, range.last, ranges[i].number);
	}
}

static void add_range(struct line_cutting *cutting, uint32_t combination, bool bare,
		      const struct range *range)
{
	bool added = false;
	uint32_t number = table_add(&cutting->found, &combination, sizeof(combination), &added);
	struct growing_piece *piece;

	if (added)
		arena_push(cutting->arena, cutting->pieces, cutting->piece_count,
			   ((struct growing_piece){.bare = bare}));
	piece = &cutting->pieces[number];
	arena_push(cutting->arena, piece->ranges, piece->count, *range);
}

/* Cuts all addresses, beginning with the combination of no number. */
static void cut(struct line_cutting *cutting, uint32_t none)
{
	uint32_t combination = none;

	qsort(cutting->edges, cutting->edge_count, sizeof(*cutting->edges), compare_edges);
	for (size_t i = 0; i < cutting->edge_count; i++) {
		struct range range = {{0}, {0}};

		if (cutting->edges[i].number != NO_NUMBER)
			combination =
				toggle(cutting->arena, &cutting->combinations, combination,
				       cutting->edges[i].number, cutting->combinations.height);
		if (i + 1 < cutting->edge_count &&
		    !compare_edges(&cutting->edges[i], &cutting->edges[i + 1]))
			continue;
		memcpy(range.first, cutting->edges[i].at, 16);
		if (i + 1 < cutting->edge_count) {
			memcpy(range.last, cutting->edges[i + 1].at, 16);
			addr_step_down(range.last, cutting->family);
		} else {
			memset(range.last, 0xff, family_len(cutting->family));
		}
		add_range(cutting, combination, combination == none, &range);
	}
}

struct pieces line_cut(struct arena *arena, enum family family, const struct line_range *ranges,
		       size_t count, size_t numbers)
{
	struct arena *scratch = arena_new();
	struct line_cutting cutting = {.arena = scratch,
				       .family = family,
				       .combinations.numbers.arena = scratch,
				       .found.arena = scratch};
	struct piece *pieces;
	struct pieces result;

	add_edges(&cutting, ranges, count);
	cut(&cutting, none_of(scratch, &cutting.combinations, numbers));
	pieces = arena_array(arena, cutting.piece_count, sizeof(*pieces));
	for (size_t i = 0; i < cutting.piece_count; i++) {
		const struct growing_piece *from = &cutting.pieces[i];
		struct range *copy = arena_array(arena, from->count, sizeof(*copy));

		memcpy(copy, from->ranges, from->count * sizeof(*copy));
		pieces[i] =
			(struct piece){copy, ranges_merge(copy, from->count, family), from->bare};
	}
	result = (struct pieces){pieces, cutting.piece_count};
	arena_free(scratch);
	return result;
}

struct range *ranges_common(struct arena *arena, const struct range *a, size_t a_count,
			    const struct range *b, size_t b_count, size_t *count)
{
	struct range *common = NULL;

	*count = 0;
	for (size_t i = 0, k = 0; i < a_count && k < b_count;) {
		const int order = memcmp(a[i].last, b[k].last, 16);
		struct range one;

		memcpy(one.first, memcmp(a[i].first, b[k].first, 16) > 0 ? a[i].first : b[k].first,
		       16);
		memcpy(one.last, order < 0 ? a[i].last : b[k].last, 16);
		if (memcmp(one.first, one.last, 16) <= 0)
			arena_push(arena, common, *count, one);
		i += order <= 0;
		k += order >= 0;
	}
	return common;
}

struct range *ranges_minus(struct arena *arena, enum family family, const struct range *a,
			   size_t a_count, const struct range *b, size_t b_count, size_t *count)
{
	struct range whole = {{0}, {0}};
	struct range *others = arena_array(arena, b_count + 1, sizeof(*others));
	size_t other_count;

	memset(whole.last, 0xff, family_len(family));
	other_count = range_cut(whole, b, b_count, family, others);
	return ranges_common(arena, a, a_count, others, other_count, count);
}
