/* Whether two parts of rulesets are the same, to the kernel and to whoever lists them. */
#ifndef NP2NFT_RULESET_SAME_H
#define NP2NFT_RULESET_SAME_H

#include "ruleset/ruleset.h"

/* Both texts may be NULL. */
bool text_is_same(const char *a, const char *b);

/*
 * Do both sets have the same kind and type of keys? Whether addresses are sources or destinations
 * does not count, since a set does not say so.
 */
bool set_is_same_type(const struct set *a, const struct set *b);

/* The order of two elements of sets that have the same type, as in a sorted set. */
int element_compare(const struct set *a, size_t i, const struct set *b, size_t k);

/* Are two elements that have the same key the same in everything else, too? */
bool element_is_same(const struct set *a, size_t i, const struct set *b, size_t k);

bool rule_is_same(const struct rule *a, const struct rule *b);

#endif
