/*
 * Two worlds compared, as far as it has been asked.
 *
 * In:  the ends of both worlds, and what changed between any two of them.
 * Out: every pair of ends between which something opened or closed.
 */
#ifndef NP2NFT_ASK_COMPARE_COMPARISON_H
#define NP2NFT_ASK_COMPARE_COMPARISON_H

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

#endif
