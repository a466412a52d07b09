/*
 * Selects what the matrix shows: --namespace, --pod, --port and --denied.
 *
 * In:  rows, the words of a command line.  Out: which pairs of rows are shown, and which of the
 * ports that pass or are denied.
 */
#ifndef NP2NFT_ASK_MATRIX_VIEW_H
#define NP2NFT_ASK_MATRIX_VIEW_H

#include "ask/world/format.h"
#include "ask/alike/profile.h"

struct diags;

struct shown {
	const struct rows *rows;
	const bool *in_namespace; /* index: row; NULL: all are */
	/* index: row; it is the end that was asked for, or has it; NULL: all are */
	const bool *is_pod;
	/* index: row to which connections go; numbers of rows.ports; NULL: all ports */
	const uint32_t *ports;
	struct kinds kinds; /* rows for which all of this is the same */
	struct deciders *deciders;
	bool by_decider;                /* it is told who decides */
	struct decided_view of_decided; /* how much is shown of an answer, on all ports */
	/*
	 * For two kinds: a struct decided with what is shown of what passes and, if wanted, is
	 * denied.
	 */
	struct asked asked;
};

/*
 * Returns 0; or -1 after a diagnostic: the input does not have the pod or namespace, or the port is
 * none.  *shown must stay at its place.
 */
int shown_new(struct arena *arena, const struct rows *rows, const struct view *view,
	      struct shown *shown, struct diags *diags);

/* Does the same without kinds and questions. */
int shown_rows(struct arena *arena, const struct rows *rows, const struct view *view,
	       struct shown *shown, struct diags *diags);

/* Is the row one that was asked for, and not only the other end of a connection? */
bool shown_row(const struct shown *shown, size_t row);

#endif
