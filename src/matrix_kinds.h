/*
 * Rows that every answer is the same for, so that pairs of kinds are gone through, not pairs of rows.
 *
 * In:  what is shown.
 * Out: kinds, and what passes between two of them.
 */
#ifndef NP2NFT_MATRIX_KINDS_H
#define NP2NFT_MATRIX_KINDS_H

#include "matrix_view.h"

struct kind {
	size_t rows[2]; /* the first and, if there is another, the second of them */
	bool shown;     /* shown_row() */
};

struct kinds {
	const struct shown *shown;
	const uint32_t *of_row;
	const struct kind *items; /* by their first row */
	size_t count;
};

struct kinds kinds_new(struct arena *arena, const struct shown *shown);

/*
 * shown_passage() between two rows of these kinds, different ones where there are two.  (A row of one pod to
 * itself is not asked, whatever its kind's other rows do to each other.)
 */
const struct passage *kinds_passage(const struct kinds *kinds, uint32_t from, uint32_t to);

#endif
