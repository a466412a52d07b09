/*
 * The matrix as text, Markdown, CSV and JSON.
 *
 * In:  what is shown.  Out: text in an arena.
 *
 * A person reads blocks: who is reached alike, and for each answer who gets it.  A program reads pairs of rows,
 * each by itself.
 */
#ifndef NP2NFT_ASK_MATRIX_PRINT_H
#define NP2NFT_ASK_MATRIX_PRINT_H

#include "ask/matrix/view.h"

/* How many pods (running or to come) are shown, and how many of them are isolated. */
struct matrix_isolation {
	size_t pods, isolated[DIRECTIONS];
	/* those that only audited policies isolate; they do not count as isolated */
	size_t audited[DIRECTIONS];
	const bool *open[DIRECTIONS]; /* index: row; it has pods that are not isolated */
};

const char *matrix_text(struct arena *arena, const struct shown *shown,
			const struct matrix_isolation *isolation);
const char *matrix_md(struct arena *arena, const struct shown *shown,
		      const struct matrix_isolation *isolation);
const char *matrix_csv(struct arena *arena, const struct shown *shown);
const char *matrix_json(struct arena *arena, const struct shown *shown,
			const struct matrix_isolation *isolation);

#endif
