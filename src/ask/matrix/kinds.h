/*
 * Rows that every answer is the same for, so that pairs of kinds are gone through, not pairs of rows.
 *
 * In:  what is shown.
 * Out: kinds, and what passes between two of them.
 */
#ifndef NP2NFT_ASK_MATRIX_KINDS_H
#define NP2NFT_ASK_MATRIX_KINDS_H

#include "ask/matrix/view.h"

struct kinds {
	const struct shown *shown;
	const uint32_t *of_row;
	size_t (*rows)[2]; /* of each the first row and, if there is another, the second */
	bool *subjects;    /* shown_row() */
	size_t count;
};

struct kinds kinds_new(struct arena *arena, const struct shown *shown);

/*
 * What passes between rows of these kinds; nothing, if the pair is not shown.  *asked false: nothing to ask, as
 * in rows_passage(); then it is what does not stand out: what would pass to one more such pod, or between
 * addresses.  (A row of one pod to itself is not asked, whatever its kind's other rows do to each other.)
 */
const struct passage *kinds_passage(const struct kinds *kinds, uint32_t from, uint32_t to,
				    bool *asked);

#endif
