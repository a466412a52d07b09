/*
 * What pods reach of the nodes on which they run in one world and not in the other.
 *
 * In:  rows of two worlds.  Out: rows of pods, and the ports.
 *
 * Between other ends nothing has to be said of this: what passes between a pod and its own node is not
 * forwarded, so other policies bind there, and what comes from the node never changes.
 */
#ifndef NP2NFT_ASK_COMPARE_OWN_NODES_H
#define NP2NFT_ASK_COMPARE_OWN_NODES_H

#include "ask/alike/rows.h"

struct own_change {
	size_t row;
	const struct passage *passage; /* what passes for any of the row's pods */
};

struct own_changes {
	struct own_change *items; /* by ascending row */
	size_t count;
};

/* What opened (@age NEW) or closed (OLD) for pods that are in both worlds. */
struct own_changes own_changes_of(struct arena *arena, const struct rows *rows, enum age age);

#endif
