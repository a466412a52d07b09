/*
 * A block of addresses, perhaps without some smaller blocks, as a comparison in a rule.
 *
 * In:  a prefix, and the prefixes that are left out of it.  Out: an unnamed set of the ranges that
 * remain, which also keeps how the comparison is written.
 *
 * Code that judges packets looks at the ranges, as in any other set; code that prints, sends or
 * reads rules looks at the blocks.
 */
#ifndef NP2NFT_RULESET_BLOCK_H
#define NP2NFT_RULESET_BLOCK_H

#include "base/addr.h"
#include "ruleset/ruleset.h"

struct arena;

/*
 * @blocks is the block, followed by those that are left out of it; it must live as long as the set.
 */
struct set block_set(struct arena *arena, enum field field, const struct range *blocks,
		     size_t count);

#endif
