/*
 * The matrix as a person reads it: for whom, what from whom.
 *
 * In:  rows, and what of them is shown.
 * Out: blocks: rows that are reached alike (or reach alike), and for each answer all who get it.
 */
#ifndef NP2NFT_MATRIX_BLOCKS_H
#define NP2NFT_MATRIX_BLOCKS_H

#include "matrix_phrases.h"
#include "matrix_view.h"

struct block_line {
	const struct passage *passage; /* something passes */
	struct phrases others;
};

struct block {
	struct phrases names;
	struct block_line *lines; /* none: nothing passes to (or from) anybody */
	size_t line_count;
};

struct blocks {
	struct block *items; /* by their first row */
	size_t count;
};

/* Of all that is shown; @outgoing: whom these reach, instead of who reaches them. */
struct blocks blocks_new(struct arena *arena, const struct shown *shown, bool outgoing);

#endif
