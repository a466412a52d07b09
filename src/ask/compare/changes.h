/*
 * What a change opens and closes, and which policies do it.
 *
 * In:  two worlds, and who is at the ends in both.
 * Out: for two kinds of ends, what passes in one world and not in the other.
 */
#ifndef NP2NFT_ASK_COMPARE_CHANGES_H
#define NP2NFT_ASK_COMPARE_CHANGES_H

#include "ask/compare/ends.h"

/* A policy that has part in it. */
struct cause {
	enum direction direction;
	const struct policy *policy;
	enum age age;     /* of the policy as it is meant */
	struct mark mark; /* of the rule, or else of the policy */
	const char *text; /* "policy shop/db lets it in (policies.yaml:12)" */
};

/* Equal ones are the same pointer. */
struct change {
	const struct passage *passage; /* that opened or closed; maybe nothing */
	const struct cause *causes;    /* may be none: an end is new or gone */
	size_t cause_count;
};

struct changes;

/* Lives in @arena. */
struct changes *changes_new(struct arena *arena, const struct world *old, const struct world *new,
			    const struct compare_ends *ends);

/* What passes in the world of @age alone: NEW: opened; OLD: closed.  *asked as in struct asked. */
const struct change *changes_between(struct changes *changes, enum age age, uint32_t from,
				     uint32_t to, bool *asked);

#endif
