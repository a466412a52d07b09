/*
 * Pieces of world.c: what the policies cut the outside into, and which parties are alike.
 */
#ifndef NP2NFT_WORLD_PARTS_H
#define NP2NFT_WORLD_PARTS_H

#include "world.h"

/* Parties, growing. */
struct party_list {
	struct party *items;
	size_t count;
};

/*
 * One party for each combination of ipBlocks that some address of the family is in, also for none; addresses
 * that stand for it belong to no pod.
 */
void world_outside(struct arena *arena, const struct resolved *resolved, enum family family,
		   bool other_family_too, struct party_list *parties);

/* Numbers the classes, in the order of the parties. */
void world_classes(struct arena *arena, struct world *world, struct party *parties);

#endif
