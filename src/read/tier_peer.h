/*
 * Whom a ClusterNetworkPolicy is about: its subject, and the peers of its rules.
 */
#ifndef NP2NFT_READ_TIER_PEER_H
#define NP2NFT_READ_TIER_PEER_H

#include "read/field.h"

/* At most so many entries in any of the lists of a ClusterNetworkPolicy. */
#define TIER_ENTRIES_MAX 25

/*
 * Puts the peers that one entry of `from` or `to` stands for (each network and each domain name is one) behind those of
 * @rule; what makes the rule fail closed is a warning, and said in rule->is_closed.
 */
void tier_peer_read(struct reader *reader, const struct node *node, enum direction direction,
		    struct tier_rule *rule);

/* The subject, which has the words of a peer of pods. */
void tier_subject_read(struct reader *reader, const struct node *spec,
		       struct cluster_policy *policy);

#endif
