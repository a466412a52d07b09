/*
 * What there may be besides the objects of an input.
 *
 * In:  the objects of one input; or of two, which then have the same surroundings.
 * Out: namespaces, families, ranges of addresses, and strangers (ask/strangers.h), all told by texts and addresses.
 */
#ifndef NP2NFT_ASK_SURROUNDINGS_H
#define NP2NFT_ASK_SURROUNDINGS_H

#include "ask/condition.h"
#include "ask/line.h"
#include "ask/strangers.h"

struct surroundings {
	const char **namespaces; /* each that is mentioned, once */
	size_t namespace_count;
	struct stranger_list strangers;
	bool used[FAMILIES];  /* answers are given for it */
	bool known[FAMILIES]; /* some pod has an address of it; else all of used ones may get one */
	struct pieces
		outside[FAMILIES]; /* the addresses, as the ipBlocks of all policies cut them */
	struct conditions *conditions;
	bool names_nodes; /* some policy names nodes as peers, so that each address of a node is a piece by itself */
};

/* What a question adds. */
struct surroundings_wanted {
	bool no_strangers;   /* not for selectors */
	bool used[FAMILIES]; /* it names an address of the family */
	bool only_known;     /* pods that run get no addresses but their own */
	const struct stranger *strangers;
	size_t stranger_count;
};

/* @wanted may be NULL.  Lives in @arena. */
const struct surroundings *surroundings_of(struct arena *arena, const struct objects *const *inputs,
					   size_t count, const struct surroundings_wanted *wanted);

#endif
