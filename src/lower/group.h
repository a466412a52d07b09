/*
 * Makes the chains of one group of pods.
 *
 * In:  a group with its policies and grants.  Out: the group's own chain, one chain for each target
 * of its cells, and the chain that denies.
 */
#ifndef NP2NFT_LOWER_GROUP_H
#define NP2NFT_LOWER_GROUP_H

#include "lower/build.h"

/*
 * Makes the chains; returns the name of the one in which the group's packets begin.  *open tells
 * whether everything is allowed.
 */
const char *lower_group(struct lowering *lowering, const struct group *group, bool *open);

/*
 * Makes the chain for what the pods of an egress group send to their own node; only their cluster
 * policies count there.  Returns NULL if none of these names nodes or networks, or denies
 * everything: then nothing need be asked.
 */
const char *lower_node_group(struct lowering *lowering, const struct group *group);

#endif
