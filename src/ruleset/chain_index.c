/* Puts the names of all chains into a hash table, in which a chain's number is its index. */
#include "ruleset/chain_index.h"

#include <string.h>

struct chain_index chain_index_of(struct arena *arena, const struct ruleset *ruleset)
{
	struct chain_index index = {.names.arena = arena};

	for (size_t i = 0; i < ruleset->chain_count; i++)
		table_keep(&index.names, ruleset->chains[i].name, strlen(ruleset->chains[i].name),
			   NULL);
	return index;
}

uint32_t chain_index_find(const struct chain_index *index, const char *name)
{
	return name ? table_find(&index->names, name, strlen(name)) : CHAIN_NONE;
}
