/*
 * Finds between which nodes and boxes there are arrows, and with which ports.
 *
 * In:  a picture with nodes.  Out: its arrows (ask/graph/picture.h), without the rules behind them.
 */
#ifndef NP2NFT_ASK_GRAPH_ARROWS_H
#define NP2NFT_ASK_GRAPH_ARROWS_H

#include "ask/graph/picture.h"

/*
 * Fills in the sides and the arrows of a picture that has nodes.  @denied: there are also arrows for
 * what cluster policies deny.
 */
void graph_arrows_find(struct arena *arena, struct picture *picture, bool denied);

#endif
