/*
 * The chains of one group of pods: its own, one for each target of its cells, and the one that denies.
 */
#ifndef NP2NFT_LOWER_GROUP_H
#define NP2NFT_LOWER_GROUP_H

#include "lower/build.h"

/* Makes them; returns the name of the first, where the group's packets begin.  *open: everything is allowed. */
const char *lower_group(struct lowering *lowering, const struct group *group, bool *open);

/*
 * The chain for what the group's pods (of an egress group) send to their own node: what their cluster policies say of
 * it.  NULL if none of those names nodes or networks, or denies everything: then nothing is asked.
 */
const char *lower_node_group(struct lowering *lowering, const struct group *group);

#endif
