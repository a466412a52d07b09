/*
 * Plans what is asked of a node of the tree of ports whose rules are asked as they are written
 * (lower/tier_order.h).
 *
 * In:  the rules of the node.  Out: for each run of rules with the same action, the sets in which the
 * other end is looked up; other rules may share these sets.
 */
#ifndef NP2NFT_LOWER_TIER_RUNS_H
#define NP2NFT_LOWER_TIER_RUNS_H

#include "base/arena.h"
#include "lower/tier_places.h"

/* A text that names the rules behind a decision, for a comment. */
struct origins_text {
	struct string text;
	const struct cluster_policy *policy; /* the policy of the rule that was added last */
};

/* A run of neighbouring rules with the same action, or what they name. */
struct run_of_rules {
	enum action action;
	const uint32_t *rules;
	size_t count;
	uint32_t *definitions; /* of the kinds that are asked for */
	size_t definition_count;
};

/* Adds "POLICY: RULE", or only the rule if the one before is of the same policy. */
void origins_add(const struct ordering *ordering, struct origins_text *to,
		 const struct ordered_rule *rule);

/* Returns the text as a comment; NULL if nothing was added. */
const char *origins_comment(const struct ordering *ordering, const struct origins_text *of);

void asks_add(struct ordering *ordering, struct asks *asks, struct ask ask);

/* Adds definitions to those that the run names. */
void run_add_definitions(struct ordering *ordering, struct run_of_rules *run,
			 const uint32_t *definitions, size_t count);

/* Asks rules run by run; @blocks_alone: asks only for the blocks that they name. */
void ask_runs(struct ordering *ordering, struct asks *asks, const struct ordered_place *place,
	      bool blocks_alone);

#endif
