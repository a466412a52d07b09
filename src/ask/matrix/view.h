/*
 * What of the matrix is shown: --namespace, --pod and --port.
 *
 * In:  rows, the words of a command line.
 * Out: which pairs of rows are shown, and which of the ports that pass.
 */
#ifndef NP2NFT_ASK_MATRIX_VIEW_H
#define NP2NFT_ASK_MATRIX_VIEW_H

#include "ask/format.h"
#include "ask/matrix/rows.h"

struct diags;

struct shown {
	const struct rows *rows;
	const bool *in_namespace; /* by row; NULL: all are */
	const bool *is_pod;    /* by row: is the end that is asked for, or has it; NULL: all are */
	const uint32_t *ports; /* by row, of what goes to it: of lists that are kept; NULL: all */
};

/* Returns 0; or -1 after a diagnostic: a pod or namespace that the input has not, or no port. */
int shown_new(struct arena *arena, const struct rows *rows, const struct view *view,
	      struct shown *shown, struct diags *diags);

/* Is the row what is asked for, not only the other end of it? */
bool shown_row(const struct shown *shown, size_t row);

/* Do both that are asked for take part? */
bool shown_pair(const struct shown *shown, size_t from, size_t to);

/* rows_passage(), of the ports that are asked for; NULL as there, and for pairs that are not shown. */
const struct passage *shown_passage(const struct shown *shown, size_t from, size_t to);

#endif
