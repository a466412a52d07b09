/*
 * Finds places for a drawing: those of graphviz, or if it is missing, plain columns of boxes.
 */
#ifndef NP2NFT_ASK_GRAPH_PLACE_H
#define NP2NFT_ASK_GRAPH_PLACE_H

#include "ask/graph/drawing.h"
#include "ask/graph/arrange.h"

struct diags;

/* Returns 0, or -1 after a note that says why graphviz gave no places.  */
int place_by_graphviz(struct arena *arena, const struct drawing *drawing, struct layout *layout,
		      struct diags *diags);

/* Puts boxes into columns; this cannot fail.  */
void place_in_columns(struct arena *arena, const struct drawing *drawing, struct layout *layout);

#endif
