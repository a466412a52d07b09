/*
 * A drawing in graphviz's DOT language: to be kept, and to ask graphviz for places.
 */
#ifndef NP2NFT_ASK_GRAPH_DOT_H
#define NP2NFT_ASK_GRAPH_DOT_H

#include "ask/graph/drawing.h"

const char *graph_dot(struct arena *arena, const struct drawing *drawing);

#endif
