/*
 * A block of addresses, perhaps without smaller ones, as a comparison in a rule.
 *
 * In:  a prefix, and the prefixes that are left out of it.
 * Out: an unnamed set of the ranges that are left, which says as well how the comparison is written.
 *
 * Who judges packets looks at the ranges, as of any other set; who prints, sends or reads rules looks at
 * the blocks.
 */
#ifndef NP2NFT_RULESET_BLOCK_H
#define NP2NFT_RULESET_BLOCK_H

#include "base/addr.h"
#include "ruleset/ruleset.h"

struct arena;

/* @blocks: the block, then what is left out of it; they must live as long as the set. */
struct set block_set(struct arena *arena, enum field field, const struct range *blocks,
		     size_t count);

#endif
