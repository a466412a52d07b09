/* Reads the subject of a ClusterNetworkPolicy, and the peers of its rules. */
#ifndef NP2NFT_READ_CLUSTER_POLICY_PEER_H
#define NP2NFT_READ_CLUSTER_POLICY_PEER_H

#include "read/field.h"

/* The most entries that a list in a ClusterNetworkPolicy may have. */
#define TIER_ENTRIES_MAX 25

/*
 * Adds the peers that an entry of `from` or `to` stands for to those of @rule; each network and
 * each domain name becomes one peer.  If something makes the rule fail closed, that is a warning,
 * and rule->is_closed is set.
 */
void tier_peer_read(struct reader *reader, const struct tree_node *node, enum direction direction,
		    struct tier_rule *rule);

/* Reads the subject, which is written like a peer of pods. */
void tier_subject_read(struct reader *reader, const struct tree_node *spec,
		       struct cluster_policy *policy);

#endif
