/*
 * Whether two parts of rulesets are the same to the kernel and to who lists them.
 */
#ifndef NP2NFT_RULESET_SAME_H
#define NP2NFT_RULESET_SAME_H

#include "ruleset/ruleset.h"

/* Either may be NULL. */
bool text_is_same(const char *a, const char *b);

/* Are the keys and the kind of both sets the same?  A set does not say of which end its addresses are. */
bool set_is_same_type(const struct set *a, const struct set *b);

/* The order of two elements of sets of one type, as in a sorted set. */
int element_compare(const struct set *a, size_t i, const struct set *b, size_t k);

/* Of elements with the same key: is the rest of them the same, too? */
bool element_is_same(const struct set *a, size_t i, const struct set *b, size_t k);

bool rule_is_same(const struct rule *a, const struct rule *b);

#endif
