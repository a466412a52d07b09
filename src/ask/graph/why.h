/*
 * Why an arrow is there: the rules of policies that let it in.
 *
 * In:  a picture with arrows.
 * Out: their rules and notes, and for each node the policies that isolate it.
 */
#ifndef NP2NFT_ASK_GRAPH_WHY_H
#define NP2NFT_ASK_GRAPH_WHY_H

#include "ask/graph/picture.h"

void graph_why(struct arena *arena, struct picture *picture);

#endif
