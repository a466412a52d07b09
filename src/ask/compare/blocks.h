/*
 * A comparison for people: its blocks, in the shortest way.
 *
 * In:  a comparison.
 * Out: blocks of what opened or closed, from either end, with or without policies on each line.
 */
#ifndef NP2NFT_ASK_COMPARE_BLOCKS_H
#define NP2NFT_ASK_COMPARE_BLOCKS_H

#include "ask/compare/print.h"
#include "ask/matrix/blocks.h"

struct part {
	enum age age;
	bool outgoing; /* blocks of whom it comes from */
	struct blocks blocks;
	bool summed_up; /* answers are passages, not changes: policies are these, for all lines */
	struct cause *causes; /* by direction, then policy */
	size_t cause_count;
};

struct part part_of(struct arena *arena, const struct comparison *comparison, enum age age);

#endif
