/*
 * A comparison as text, Markdown and JSON.
 *
 * In:  rows of two worlds, what changed between them.  Out: text in an arena.
 */
#ifndef NP2NFT_ASK_COMPARE_PRINT_H
#define NP2NFT_ASK_COMPARE_PRINT_H

#include "ask/compare/changes.h"

struct comparison {
	struct arena *arena;
	const struct rows *rows;
	struct change_lists *changes;
	size_t counts[AGES]; /* pairs of rows that something opened (NEW) or closed (OLD) between */
	size_t workloads[AGES]; /* whose policies did it, or that are new or gone */
};

const char *comparison_text(struct arena *arena, const struct comparison *comparison);
const char *comparison_md(struct arena *arena, const struct comparison *comparison);
const char *comparison_json(struct arena *arena, const struct comparison *comparison);

#endif
