/*
 * Finds how classes differ from most others.
 *
 * In:  a world.  Out: for each of its sets, the classes that are in it although most are not, or
 * that are not in it although most are.
 */
#ifndef NP2NFT_ASK_ALIKE_DEVIATIONS_H
#define NP2NFT_ASK_ALIKE_DEVIATIONS_H

#include "ask/world/parties.h"
#include "ask/world/world.h"

/*
 * Classes of these groups are asked about in different ways, so for each group it is found out
 * separately what most are.
 */
enum universe { KNOWN_PODS, UNKNOWN_PODS, OUTSIDE, UNIVERSES, NOWHERE = UNIVERSES };

/*
 * A class that is in a set in which most are not (@item says with which meaning), or the other way
 * round.
 */
struct deviation {
	uint32_t class, item;
};

struct deviations {
	struct deviation *items;
	size_t count;
};

/* A list of numbers that grows. */
struct numbers {
	uint32_t *items;
	size_t count;
};

struct deviation_lists {
	struct asked_sets asked;
	unsigned char *universe[FAMILIES];               /* index: class */
	struct numbers inhabitants[FAMILIES][UNIVERSES]; /* classes */
	struct deviations *deviations[FAMILIES];         /* index: set */
};

struct deviation_lists deviations_of(struct arena *arena, const struct world *world);

#endif
