/*
 * Writes a drawing in graphviz's DOT language.  Users keep it as a file, and graphviz gets it to find
 * places for everything in it.
 */
#ifndef NP2NFT_ASK_GRAPH_DOT_H
#define NP2NFT_ASK_GRAPH_DOT_H

#include "ask/graph/drawing.h"

const char *graph_dot(struct arena *arena, const struct drawing *drawing);

#endif
