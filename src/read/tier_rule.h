/*
 * One rule of a ClusterNetworkPolicy: its action, its peers, its protocols.
 */
#ifndef NP2NFT_READ_TIER_RULE_H
#define NP2NFT_READ_TIER_RULE_H

#include "read/field.h"

/*
 * The rule at @node.  What is wrong with it is an error; of a live object a warning, and the rule fails closed.
 */
struct tier_rule tier_rule_read(struct reader *reader, const struct node *node,
				enum direction direction);

#endif
