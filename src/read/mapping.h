/*
 * What YAML leaves to whoever reads a mapping: keys that come twice, and merge keys.
 */
#ifndef NP2NFT_READ_MAPPING_H
#define NP2NFT_READ_MAPPING_H

#include "read/tree.h"

/* Reports every key that is there already. */
void mapping_check(struct arena *arena, const char *file, const struct node *map,
		   struct diags *diags);

/*
 * Replaces `<<: *other` by what it stands for, as kubectl does: in the order of the text, so that a key
 * behind it wins over what it brings, and one before it loses.  Of a list the first wins.  Returns NULL; or
 * the node that is no mapping.
 */
const struct node *mapping_merge(struct arena *arena, struct node *map);

#endif
