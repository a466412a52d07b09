/*
 * What of the matrix is shown: --namespace, --pod, --port and --denied.
 *
 * In:  rows, the words of a command line.
 * Out: which pairs of rows are shown, and which of the ports that pass or are denied.
 */
#ifndef NP2NFT_ASK_MATRIX_VIEW_H
#define NP2NFT_ASK_MATRIX_VIEW_H

#include "ask/format.h"
#include "ask/profile.h"

struct diags;

struct shown {
	const struct rows *rows;
	const bool *in_namespace; /* by row; NULL: all are */
	const bool *is_pod;    /* by row: is the end that is asked for, or has it; NULL: all are */
	const uint32_t *ports; /* by row, of what goes to it: numbers of rows.ports; NULL: all */
	struct kinds kinds;    /* rows that all this is the same for */
	struct deciders *deciders;
	bool by_decider;                /* it is told who decides */
	struct decided_view of_decided; /* how much of it, on all ports */
	/* By two kinds: a struct decided of what is shown of what passes and, if it is asked for, is denied. */
	struct asked asked;
};

/*
 * Returns 0; or -1 after a diagnostic: a pod or namespace that the input has not, or no port.  *shown must stay where
 * it is.
 */
int shown_new(struct arena *arena, const struct rows *rows, const struct view *view,
	      struct shown *shown, struct diags *diags);

/* The same without kinds and questions. */
int shown_rows(struct arena *arena, const struct rows *rows, const struct view *view,
	       struct shown *shown, struct diags *diags);

/* Is the row what is asked for, not only the other end of it? */
bool shown_row(const struct shown *shown, size_t row);

#endif
