/*
 * Handles what YAML parsers leave to the reader of a mapping: keys that occur twice, and merge
 * keys.
 */
#ifndef NP2NFT_READ_MAPPING_H
#define NP2NFT_READ_MAPPING_H

#include "read/tree_node.h"

/* Reports every key that occurs a second time. */
void mapping_check(struct arena *arena, const char *file, const struct tree_node *map,
		   struct diags *diags);

/*
 * Replaces `<<: *other` with the pairs that it stands for, as kubectl does: in the order of the
 * text, so that a key after it overrides what it brings, and a key before it is overridden.  In a
 * list of mappings the first one wins.  Returns NULL, or the node that should have been a mapping.
 */
const struct tree_node *mapping_merge(struct arena *arena, struct tree_node *map);

#endif
