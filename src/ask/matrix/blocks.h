/*
 * Answers as a person reads them: for whom, what from whom.
 *
 * In:  kinds of rows, and a function that answers about two of them.
 * Out: blocks: rows that get the same from the same, and for each answer all whom it is about.
 */
#ifndef NP2NFT_ASK_MATRIX_BLOCKS_H
#define NP2NFT_ASK_MATRIX_BLOCKS_H

#include "ask/matrix/phrases.h"
#include "ask/profile.h"

struct block_line {
	const void *answer;
	struct phrases others;
};

struct block {
	struct phrases names;
	struct block_line *lines; /* by the first row of the others; may be none */
	size_t line_count;
};

struct blocks {
	struct block *items; /* by their first rows, or as struct asked says */
	size_t count;
};

/*
 * Blocks of whom it goes to, lines of whom it comes from; @outgoing: the other way round.  @subjects: by kind, whether
 * it has a block; NULL: each has.
 */
struct blocks blocks_new(struct arena *arena, const struct asked *asked, const bool *subjects,
			 bool outgoing);

/* The same of all kinds; false: that would be more lines than these. */
bool blocks_within(struct arena *arena, const struct asked *asked, bool outgoing, size_t lines_max,
		   struct blocks *blocks);

#endif
