/*
 * Two worlds, before a change and after it: who in one is who in the other.
 *
 * In:  two worlds.
 * Out: pairs of parties that stand for the same in both, and parties that only one of them has.
 *
 * The hard idea: pods come and go, but what policies can tell of them stays.  A pod is paired with the pod of
 * its name; or else with one of the same owner whose labels and named ports, as far as any policy of either
 * world asks for them, are the same.  If there is none, it is new.  Addresses outside are cut by the blocks of
 * both worlds, so that each pair lies within one party of either.
 */
#ifndef NP2NFT_ASK_PAIRS_H
#define NP2NFT_ASK_PAIRS_H

#include "ask/world.h"

enum age { OLD, NEW, AGES };

struct party_pair {
	const struct party *in[AGES]; /* NULL: this world has none */
	/* PARTY_OUTSIDE: the addresses that both parties have */
	const struct range *ranges;
	size_t range_count;
};

struct party_pairs {
	const struct world *worlds[AGES];
	struct party_pair
		*items; /* pods as in the new world, those that are gone, then addresses */
	size_t count;
};

/*
 * @old NULL: the pairs of @new alone.  In *pairs.worlds are worlds that know the namespaces of both inputs; they
 * are the given ones where those do.
 */
struct party_pairs party_pairs_of(struct arena *arena, const struct world *old,
				  const struct world *new);

#endif
