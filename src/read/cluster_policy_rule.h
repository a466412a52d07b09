/* Reads one rule of a ClusterNetworkPolicy: its action, its peers, its protocols. */
#ifndef NP2NFT_READ_CLUSTER_POLICY_RULE_H
#define NP2NFT_READ_CLUSTER_POLICY_RULE_H

#include "read/field.h"

/*
 * Reads the rule at @node.  Faults are errors; in a live object they are warnings, and the rule
 * fails closed.
 */
struct tier_rule tier_rule_read(struct reader *reader, const struct tree_node *node,
				enum direction direction);

#endif
