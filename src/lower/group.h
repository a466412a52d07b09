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

/* Are its policies audited, and are there no cluster policies?  Then its chains are for counting alone. */
bool group_denies_nothing(const struct group *group);

/*
 * The chain in which those pods of a group that denies nothing begin which are isolated in the other direction; @group
 * is the name of the group's first chain.
 */
const char *lower_audit_free(struct lowering *lowering, const char *group);

/*
 * Makes the chain for what the pods of an egress group send to their own node; only their cluster
 * policies count there.  Returns NULL if none of these names nodes or networks, or denies
 * everything: then nothing need be asked.
 */
const char *lower_node_group(struct lowering *lowering, const struct group *group);

#endif
