/*
 * Cluster policies that a change of a connection comes from.
 *
 * In:  the reasons at one end of a connection, in the world in which it passes and in the other one.
 * Out: causes: the rule that denies it there, the one that passes it on or accepts it here.
 */
#ifndef NP2NFT_ASK_COMPARE_TIERS_H
#define NP2NFT_ASK_COMPARE_TIERS_H

#include "ask/compare/cause.h"
#include "ask/reason/reason.h"

struct tiers_change {
	struct arena *arena;
	enum direction direction;
	enum age age; /* in which it passes */
	const struct objects *objects[AGES];
	const struct reasons *reasons[AGES]; /* NULL: an end is not there */
};

/* None where no cluster policy has part in it. */
struct cause_list tier_causes(const struct tiers_change *change);

#endif
