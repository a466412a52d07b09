/*
 * Makes everything that differs a second time, beside what is in force.
 *
 * In:  a difference.  Out: which chains and sets of the new ruleset get a copy beside, and these
 * copies: those that change, those that look them up, and those that lead there, except for the
 * base chain.  The copies have names of their own and refer to each other; where they refer to
 * something that does not change, they use what is in force.
 */
#ifndef NP2NFT_CHANGE_BESIDE_H
#define NP2NFT_CHANGE_BESIDE_H

#include "change/diff.h"

/*
 * The names of copies begin with this, so that people recognise them.  The program does not look at
 * the name: a copy says what it is a copy of (chain.original, set.original).
 */
#define BESIDE "next/"

struct beside {
	/* index: chain of the new ruleset; its copy, or NULL: it has none */
	const struct chain **chains;
	const struct set **sets; /* index: set of the new ruleset; its copy, or NULL */
};

struct beside beside_of(struct arena *arena, const struct difference *difference);

#endif
