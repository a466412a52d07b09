/*
 * Two worlds, before a change and after it, and which party of one is which of the other.
 *
 * In:  the objects of two inputs, or of one.  Out: their worlds; pairs of parties that stand for
 * the same in both, and parties that only one of them has.
 *
 * The hard idea: pods come and go, but what policies can distinguish stays.  A pod is paired with
 * the pod of its name; or else with a pod of the same owner with the same labels and named ports,
 * as far as any policy of either input asks for these.  If there is none, it is new.  Everything
 * else is the same in both worlds, since they have the same surroundings (ask/world/surroundings.h).
 */
#ifndef NP2NFT_ASK_ALIKE_PAIRS_H
#define NP2NFT_ASK_ALIKE_PAIRS_H

#include "ask/world/world.h"

enum age { OLD, NEW, AGES };

struct party_pair {
	const struct party *in[AGES]; /* NULL: this world has none */
};

struct party_pairs {
	const struct world *worlds[AGES];
	struct party_pair
		*items; /* pods as in the new world, then pods that are gone, then addresses */
	size_t count;
};

/* The party as the new world has it, or else the old one. */
static inline const struct party *pair_shown(const struct party_pair *pair)
{
	return pair->in[NEW] ? pair->in[NEW] : pair->in[OLD];
}

/* Pairs for a single world: each party by itself. */
struct party_pairs party_pairs_alone(struct arena *arena, const struct world *world);

/* Pairs for two worlds.  If @old is NULL, there is only the world of @new. */
struct party_pairs party_pairs_of(struct arena *arena, const struct objects *old,
				  const struct objects *new);

#endif
