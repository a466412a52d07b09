/* Describes addresses outside the cluster in few words.  */
#ifndef NP2NFT_ASK_GRAPH_OUTSIDE_H
#define NP2NFT_ASK_GRAPH_OUTSIDE_H

#include "ask/graph/graph_node.h"

/*
 * Writes the addresses that these nodes of sort NODE_OUTSIDE have together: "10.0.0.0/8,
 * 192.0.2.0-192.0.2.9", or if that is shorter, "any IPv4 address but 10.0.0.0/8".
 */
const char *outside_text(struct arena *arena, const struct graph_node *nodes, size_t count);

#endif
