/*
 * Two worlds, before a change and after it: who in one is who in the other.
 *
 * In:  the objects of two inputs, or of one.
 * Out: their worlds; pairs of parties that stand for the same in both, and parties that only one of them has.
 *
 * The hard idea: pods come and go, but what policies can tell of them stays.  A pod is paired with the pod of
 * its name; or else with one of the same owner whose labels and named ports, as far as any policy of either
 * input asks for them, are the same.  If there is none, it is new.  Everything else is the same in both worlds, for
 * they have the same surroundings (ask/surroundings.h).
 */
#ifndef NP2NFT_ASK_PAIRS_H
#define NP2NFT_ASK_PAIRS_H

#include "ask/world.h"

enum age { OLD, NEW, AGES };

struct party_pair {
	const struct party *in[AGES]; /* NULL: this world has none */
};

struct party_pairs {
	const struct world *worlds[AGES];
	struct party_pair
		*items; /* pods as in the new world, those that are gone, then addresses */
	size_t count;
};

/* As the new world has it, or else the old one. */
static inline const struct party *pair_shown(const struct party_pair *pair)
{
	return pair->in[NEW] ? pair->in[NEW] : pair->in[OLD];
}

/* The parties of one world, each by itself. */
struct party_pairs party_pairs_alone(struct arena *arena, const struct world *world);

/* @old NULL: the world of @new alone. */
struct party_pairs party_pairs_of(struct arena *arena, const struct objects *old,
				  const struct objects *new);

#endif
