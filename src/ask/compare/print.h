/*
 * A comparison as text, Markdown and JSON.
 *
 * In:  ends, changes.  Out: text in an arena.
 */
#ifndef NP2NFT_ASK_COMPARE_PRINT_H
#define NP2NFT_ASK_COMPARE_PRINT_H

#include "ask/compare/changes.h"

struct comparison {
	struct arena *arena;
	const struct compare_ends *ends;
	struct changes *changes;
	bool *same[AGES];    /* by kind: that nothing comes from it which did not before is known */
	size_t counts[AGES]; /* pairs of rows that something opened (NEW) or closed (OLD) between */
	size_t workloads[AGES]; /* whose policies did it, or that are new or gone */
};

/* Calls @found for each such pair, by its rows. */
void comparison_each(const struct comparison *comparison, enum age age,
		     void (*found)(void *context, size_t from, size_t to,
				   const struct change *change),
		     void *context);

const char *comparison_text(struct arena *arena, const struct comparison *comparison);
const char *comparison_md(struct arena *arena, const struct comparison *comparison);
const char *comparison_json(struct arena *arena, const struct comparison *comparison);

#endif
