/*
 * Answers as a person reads them: for whom, what from whom.
 *
 * In:  rows, in kinds that every answer is the same for; and the answers between kinds.
 * Out: blocks: rows that get the same from the same, and for each answer all whom it is about.
 */
#ifndef NP2NFT_ASK_MATRIX_BLOCKS_H
#define NP2NFT_ASK_MATRIX_BLOCKS_H

#include "ask/matrix/phrases.h"

struct asked {
	const struct row *rows;
	size_t row_count;
	const uint32_t *kind_of; /* by row */
	const bool *subjects;    /* by kind: has blocks of its own */
	size_t kind_count;
	/*
	 * What is said of these two; equal answers are the same pointer, never NULL.  *asked false: nothing (a
	 * pod to itself); the answer is then what would fit in with others.
	 */
	const void *(*answer)(const void *context, uint32_t from, uint32_t to, bool *asked);
	bool (*is_worth_a_line)(const void *answer);
	const void *context;
};

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
	struct block *items; /* by their first row */
	size_t count;
};

/* Blocks of whom it goes to, lines of whom it comes from; @outgoing: the other way round. */
struct blocks blocks_new(struct arena *arena, const struct asked *asked, bool outgoing);

#endif
