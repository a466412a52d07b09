/*
 * Makes the chains of a group of pods that is under cluster policies.
 *
 * In:  a group, and the plan of each of its tiers.  Out: chains.
 *
 * What a tier asks is the same for all pods under the same cluster policies, whatever
 * NetworkPolicies they are under.  So ingress groups share one chain for it: they jump there, and
 * a packet that the tier does not decide returns.  Egress groups cannot, since `return` says yes
 * in egress (the other end is asked next).  So each of them has a copy of its own.
 */
#ifndef NP2NFT_LOWER_TIERS_H
#define NP2NFT_LOWER_TIERS_H

#include "lower/build.h"

/*
 * Adds to @chain a rule that denies packets from or to addresses of several pods that cluster
 * policies tell apart.  The name of the chain that denies them begins with @name.
 */
void lower_mixed(struct lowering *lowering, const struct group *group, struct chain *chain,
		 const char *name);

/*
 * Completes @chain with what a tier of the group asks of packets.  The names of the tier's chains
 * begin with @name; packets about which no rule decides go on to @next.  Returns how many sets and
 * maps a packet can meet at most.
 */
size_t lower_tier(struct lowering *lowering, const struct group *group, enum tier tier,
		  struct chain *chain, const char *name, struct verdict next);

/*
 * Adds to @chain, of an ingress group, the jump to what a tier asks.  Packets that it does not decide
 * come back.  Returns the same as lower_tier().
 */
size_t lower_shared_tier(struct lowering *lowering, const struct group *group, enum tier tier,
			 struct chain *chain);

#endif
