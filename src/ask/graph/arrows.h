/*
 * Between which nodes and boxes there are arrows, and with which ports.
 *
 * In:  nodes.
 * Out: the arrows of a picture (ask/graph/picture.h), without the rules behind them.
 */
#ifndef NP2NFT_ASK_GRAPH_ARROWS_H
#define NP2NFT_ASK_GRAPH_ARROWS_H

#include "ask/graph/picture.h"

/* Sets @picture->arrows from its nodes, and its sides; @denied: also of what cluster policies deny. */
void graph_arrows_find(struct arena *arena, struct picture *picture, bool denied);

#endif
