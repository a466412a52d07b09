/*
 * Finds the chains of a ruleset to which verdicts lead.
 *
 * In:  a ruleset, and the name of a chain, as verdicts have it (struct verdict says why).
 * Out: the index of that chain in the ruleset.
 */
#ifndef NP2NFT_RULESET_CHAIN_INDEX_H
#define NP2NFT_RULESET_CHAIN_INDEX_H

#include "base/table.h"
#include "ruleset/ruleset.h"

#define CHAIN_NONE TABLE_NONE

struct chain_index {
	struct table names; /* numbered as the ruleset's chains are */
};

/* Makes the index of a ruleset, which must outlive it. */
struct chain_index chain_index_of(struct arena *arena, const struct ruleset *ruleset);

/* The chain of that name; CHAIN_NONE if there is none, or if @name is NULL. */
uint32_t chain_index_find(const struct chain_index *index, const char *name);

#endif
