/*
 * Decides by the words of policies, and not by the pods that they mean today, what lies within
 * what.
 *
 * In:  selectors, ports and blocks.  Out: whether one accepts everything that the other accepts.
 */
#ifndef NP2NFT_ASK_LINT_WITHIN_H
#define NP2NFT_ASK_LINT_WITHIN_H

#include "ask/lint/check.h"

/* Does everything that @a matches match @b too? */
bool selector_within(const struct selector *a, const struct selector *b);

/* Is every port of the rule @a also one of the rule @b? */
bool ports_within(const struct policy_rule *a, const struct policy_rule *b);

/*
 * If no object can ever match the selector, returns in words the requirements that contradict each
 * other; otherwise NULL.
 */
const char *lint_contradiction(const struct lint *lint, const struct selector *selector,
			       bool of_namespaces);

/* Can the entry ever match anything? */
bool lint_can_match(const struct lint *lint, const struct peer *peer);

/* The addresses that the excepts leave of a block, as sorted ranges that do not touch.  */
struct remainder {
	struct range *ranges;
	size_t count;
};

struct remainder_book;
void lint_prepare_remainders(struct lint *lint);

/*
 * The remainder of a block that is an entry of the input, which is computed only once.  The result
 * is valid until the next call.
 */
const struct remainder *lint_remainder(const struct lint *lint, const struct peer *block);

bool remainder_holds(const struct remainder *remainder, const struct range *range);

/* Is everything that is left of @a also left of @b? */
bool lint_block_within(const struct lint *lint, const struct peer *a, const struct peer *b);

#endif
