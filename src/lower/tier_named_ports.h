/*
 * Plans what a tier asks about named ports in egress, where each peer decides which port it gives a
 * name.
 *
 * In:  the rules of a tier, as lower/tier_places.h has placed them.  Out: the part of the tier's
 * plan that is asked before everything else.
 */
#ifndef NP2NFT_LOWER_TIER_NAMED_PORTS_H
#define NP2NFT_LOWER_TIER_NAMED_PORTS_H

#include "lower/tier_places.h"

/* Adds that part to the plan. */
void ask_named(struct ordering *ordering);

#endif
