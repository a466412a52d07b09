/*
 * Makes the chains of a group of pods that is under cluster policies: those of each tier, one
 * leading to the next.
 *
 * In:  a group, and the plan of each of its tiers.  Out: chains.
 */
#ifndef NP2NFT_LOWER_TIERS_H
#define NP2NFT_LOWER_TIERS_H

#include "lower/build.h"
#include "lower/group.h"

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

#endif
