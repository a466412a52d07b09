/*
 * What there may be beside the objects of an input.
 *
 * In:  the objects of one input; or of two, which then have the same surroundings.  Out:
 * namespaces, families, ranges of addresses, and strangers (ask/world/strangers.h), all as texts and
 * addresses.
 */
#ifndef NP2NFT_ASK_WORLD_SURROUNDINGS_H
#define NP2NFT_ASK_WORLD_SURROUNDINGS_H

#include "ask/world/unknown_address.h"
#include "ask/world/address_pieces.h"
#include "ask/world/strangers.h"

struct surroundings {
	const char **namespaces; /* each that is mentioned, without repetitions */
	size_t namespace_count;
	struct stranger_list strangers;
	bool used[FAMILIES]; /* answers are given for the family */
	/*
	 * some pod has an address of it; if no pod has one, pods may get one in every used family
	 */
	bool known[FAMILIES];
	struct pieces outside[FAMILIES]; /* the addresses, cut by the ipBlocks of all policies */
	struct conditions *conditions;
	bool names_nodes; /* some policy names nodes as peers, so that each address of a node is a piece by itself */
};

/* What a question adds. */
struct surroundings_wanted {
	bool no_strangers;   /* make no strangers for selectors */
	bool used[FAMILIES]; /* the question names an address of the family */
	bool only_known;     /* running pods get no other addresses than their own */
	const struct stranger *strangers;
	size_t stranger_count;
};

/* Finds the surroundings; @wanted may be NULL.  The result lives in @arena. */
const struct surroundings *surroundings_of(struct arena *arena, const struct objects *const *inputs,
					   size_t count, const struct surroundings_wanted *wanted);

#endif
