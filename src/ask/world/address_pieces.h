/*
 * Cuts all addresses of a family into pieces by ranges.
 *
 * In:  ranges, each with a number that tells to what it belongs.  Out: pieces.  For each
 * combination of numbers whose ranges some address is in (also for none), a piece has all addresses
 * that are in exactly these.
 *
 * The hard idea: going through the addresses in order, the combination changes only where a range
 * begins or ends.  A combination is kept as a binary tree with a leaf for each number, in or out.
 * Equal trees are stored once, so that two combinations are the same exactly if their trees are.
 * Each step puts one number in or out, which makes a new tree with no more new nodes than the
 * height of the tree.
 */
#ifndef NP2NFT_ASK_WORLD_ADDRESS_PIECES_H
#define NP2NFT_ASK_WORLD_ADDRESS_PIECES_H

#include "base/addr.h"

struct arena;

struct line_range {
	struct range range;
	uint32_t number;
};

struct piece {
	const struct range *ranges; /* sorted and disjoint; they do not touch */
	size_t count;
	bool bare; /* its addresses are in no range */
};

struct pieces {
	const struct piece *items; /* sorted by their first addresses */
	size_t count;
};

/*
 * All numbers are below @numbers; ranges with the same number are disjoint.  The result lives in
 * @arena.
 */
struct pieces line_cut(struct arena *arena, enum family family, const struct line_range *ranges,
		       size_t count, size_t numbers);

/*
 * The ranges that are in both lists, or only in the first; *count gets their number.  They live in
 * @arena.
 */
struct range *ranges_common(struct arena *arena, const struct range *a, size_t a_count,
			    const struct range *b, size_t b_count, size_t *count);
struct range *ranges_minus(struct arena *arena, enum family family, const struct range *a,
			   size_t a_count, const struct range *b, size_t b_count, size_t *count);

#endif
