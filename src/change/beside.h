/*
 * What differs, a second time, beside what is in force.
 *
 * In:  a difference.
 * Out: which chains and sets of the new ruleset are made beside, and those copies: what changes, what
 *      looks it up, what leads there, up to the base chain.  The copies have names of their own and refer
 *      to each other; what does not change they share with what is in force.
 */
#ifndef NP2NFT_CHANGE_BESIDE_H
#define NP2NFT_CHANGE_BESIDE_H

#include "change/diff.h"

/* What the names of the copies begin with. */
#define BESIDE "next/"

struct beside {
	const struct chain **chains; /* by chain of the new ruleset; NULL: it is used as it is */
	const struct set **sets;     /* by set of the new ruleset */
};

struct beside beside_of(struct arena *arena, const struct difference *difference);

#endif
