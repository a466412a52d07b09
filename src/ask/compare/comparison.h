/* What two worlds differ in. */
#ifndef NP2NFT_ASK_COMPARE_COMPARISON_H
#define NP2NFT_ASK_COMPARE_COMPARISON_H

#include "ask/compare/changes.h"
#include "ask/compare/own_nodes.h"

struct comparison {
	struct arena *arena;
	const struct rows *rows;
	struct change_lists *changes;
	struct own_changes own[AGES];
	size_t counts[AGES]; /* pairs of rows that something opened (NEW) or closed (OLD) between */
	size_t workloads[AGES]; /* whose policies did it, or that are new or gone */
};

#endif
