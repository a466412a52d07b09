/*
 * The chains of a group of pods that is under cluster policies: those of each tier, one leading to the next.
 */
#ifndef NP2NFT_LOWER_TIERS_H
#define NP2NFT_LOWER_TIERS_H

#include "lower/build.h"
#include "lower/group.h"

/*
 * Adds to @chain that what comes from or goes to addresses of several pods is denied where cluster policies tell them
 * apart; the chain where that ends has a name that begins with @name.
 */
void lower_mixed(struct lowering *lowering, const struct group *group, struct chain *chain,
		 const char *name);

/*
 * Adds to @chain, and completes it, what packets are asked by a tier of the group, whose chains' names begin with
 * @name; those that no rule of it decides go on to @next.  Returns the most sets and maps that a packet can meet.
 */
size_t lower_tier(struct lowering *lowering, const struct group *group, enum tier tier,
		  struct chain *chain, const char *name, struct verdict next);

#endif
