/*
 * Finds out why an arrow is there: the rules of policies that let the connection through.
 *
 * In:  a picture with arrows.  Out: the rules and notes of its arrows.
 */
#ifndef NP2NFT_ASK_GRAPH_WHY_H
#define NP2NFT_ASK_GRAPH_WHY_H

#include "ask/graph/picture.h"

/* Fills these in.  */
void graph_why(struct arena *arena, struct picture *picture);

#endif
