/*
 * Puts a comparison into blocks for people, in the shortest way.
 *
 * In:  a comparison.  Out: blocks of what opened or closed, from one end or the other, with or
 * without policies on each line.
 */
#ifndef NP2NFT_ASK_COMPARE_PARAGRAPHS_H
#define NP2NFT_ASK_COMPARE_PARAGRAPHS_H

#include "ask/compare/comparison.h"
#include "ask/matrix/paragraphs.h"

struct part {
	enum age age;
	bool outgoing; /* the blocks are of those from whom connections come */
	struct blocks blocks;
	/* answers are passages, not changes: the policies below are for all lines together */
	bool summed_up;
	struct cause *causes; /* sorted by direction, then policy */
	size_t cause_count;
};

struct part part_of(struct arena *arena, const struct comparison *comparison, enum age age);

#endif
