/*
 * What lies within what, by the words of policies and not by the pods that they mean today.
 *
 * In:  selectors, ports and blocks.  Out: whether everything that one takes, the other takes too.
 */
#ifndef NP2NFT_ASK_LINT_WITHIN_H
#define NP2NFT_ASK_LINT_WITHIN_H

#include "ask/lint/check.h"

/* Does everything that @a matches match @b too? */
bool selector_within(const struct selector *a, const struct selector *b);

/* Every port of the rule @a is one of the rule @b. */
bool ports_within(const struct policy_rule *a, const struct policy_rule *b);

/* Can no object ever match?  Then the requirements that contradict each other, in words; otherwise NULL. */
const char *lint_contradiction(const struct lint *lint, const struct selector *selector,
			       bool of_namespaces);

/* Can the entry ever match anything? */
bool lint_can_match(const struct lint *lint, const struct peer *peer);

/* What is left of a block without its excepts, in sorted ranges that do not touch. */
struct remainder {
	struct range *ranges;
	size_t count;
};

struct remainder_book;
void lint_prepare_remainders(struct lint *lint);

/* Of an entry of the input; computed once.  It stays where it is until the next call. */
const struct remainder *lint_remainder(const struct lint *lint, const struct peer *block);

bool remainder_holds(const struct remainder *remainder, const struct range *range);

/* Is everything that is left of @a also left of @b? */
bool lint_block_within(const struct lint *lint, const struct peer *a, const struct peer *b);

#endif
