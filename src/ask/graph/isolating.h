/*
 * Finds the policies that isolate a node.
 *
 * In:  a picture with nodes.  Out: its lists of policies, one for each node.
 */
#ifndef NP2NFT_ASK_GRAPH_ISOLATING_H
#define NP2NFT_ASK_GRAPH_ISOLATING_H

#include "ask/graph/picture.h"

/* Fills in @picture->policies. */
void graph_isolating_find(struct arena *arena, struct picture *picture);

#endif
