/*
 * Puts answers into blocks, as people read them: for whom, what from whom.
 *
 * In:  kinds of rows, and a function that answers about two of them.  Out: blocks: rows that get
 * the same from the same others, and a line for each answer with all the others that have it.
 */
#ifndef NP2NFT_ASK_MATRIX_PARAGRAPHS_H
#define NP2NFT_ASK_MATRIX_PARAGRAPHS_H

#include "ask/matrix/phrases.h"
#include "ask/alike/profile.h"

struct block_line {
	const void *answer;
	struct phrases others;
};

struct block {
	struct phrases names;
	struct block_line *lines; /* sorted by the first row of the others; there may be none */
	size_t line_count;
};

struct blocks {
	struct block *items; /* sorted by their first rows, or as struct asked says */
	size_t count;
};

/*
 * Makes blocks for those to whom connections go, with lines for those from whom they come;
 * @outgoing: the other way round.  @subjects: index: kind; whether it has a block; NULL: each has
 * one.
 */
struct blocks blocks_new(struct arena *arena, const struct asked *asked, const bool *subjects,
			 bool outgoing);

/* Does the same for all kinds, but returns false if that would give more than @lines_max lines. */
bool blocks_within(struct arena *arena, const struct asked *asked, bool outgoing, size_t lines_max,
		   struct blocks *blocks);

#endif
