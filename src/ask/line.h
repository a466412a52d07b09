/*
 * The line of all addresses of a family, cut by ranges.
 *
 * In:  ranges, each with the number of whose it is.
 * Out: pieces: for each combination of those numbers that some address is in, also for none, all addresses that
 *      are in it and in no others.
 *
 * The hard idea: along the line the combination changes only where a range begins or is over.  A combination is
 * kept as a binary tree with a leaf for each number, in or out.  Equal trees are one, so that two combinations
 * are the same exactly if their trees are; and a step along the line, which puts one number in or out, makes a
 * new tree of no more nodes than the tree is high.
 */
#ifndef NP2NFT_ASK_LINE_H
#define NP2NFT_ASK_LINE_H

#include "base/addr.h"

struct arena;

struct line_range {
	struct range range;
	uint32_t number;
};

struct piece {
	const struct range *ranges; /* sorted, disjoint and not touching */
	size_t count;
	bool bare; /* in no range */
};

struct pieces {
	const struct piece *items; /* by their first addresses */
	size_t count;
};

/* @numbers: the numbers are smaller; ranges of one number are disjoint.  Lives in @arena. */
struct pieces line_cut(struct arena *arena, enum family family, const struct line_range *ranges,
		       size_t count, size_t numbers);

/* What is in both lists of ranges, or in the first alone; in @arena, *count of them. */
struct range *ranges_common(struct arena *arena, const struct range *a, size_t a_count,
			    const struct range *b, size_t b_count, size_t *count);
struct range *ranges_minus(struct arena *arena, enum family family, const struct range *a,
			   size_t a_count, const struct range *b, size_t b_count, size_t *count);

#endif
