/*
 * The chains of one group of pods: its own, one for each target of its cells, and the one that denies.
 */
#ifndef NP2NFT_LOWER_GROUP_H
#define NP2NFT_LOWER_GROUP_H

#include "lower/build.h"

/* Makes them; returns the name of the first, where the group's packets begin.  *open: everything is allowed. */
const char *lower_group(struct lowering *lowering, const struct group *group, bool *open);

#endif
