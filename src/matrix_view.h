/*
 * What of the matrix is shown: --namespace, --pod and --port.
 *
 * In:  rows, the words of a command line.
 * Out: which pairs of rows are shown, and which of the ports that pass.
 */
#ifndef NP2NFT_MATRIX_VIEW_H
#define NP2NFT_MATRIX_VIEW_H

#include "matrix_rows.h"
#include "model_expect.h"
#include "np2nft.h"

struct diags;

struct shown {
	const struct rows *rows;
	const bool *in_namespace; /* by row; NULL: all are */
	const bool *is_pod;       /* by row: is or has it; NULL: all are */
	const struct port *port;  /* NULL: every port */
};

/* Returns 0; or -1 after a diagnostic: a pod or namespace that the input has not, or no port. */
int shown_new(struct arena *arena, const struct rows *rows, const struct np2nft_view *view,
	      struct shown *shown, struct diags *diags);

/* Does either row take part in what is asked for? */
bool shown_pair(const struct shown *shown, size_t from, size_t to);

/* rows_passage(), of the port that is asked for; NULL as there, and for pairs that are not shown. */
const struct passage *shown_passage(struct arena *arena, const struct shown *shown, size_t from,
				    size_t to);

#endif
