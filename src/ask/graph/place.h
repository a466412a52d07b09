/*
 * Places for a drawing: graphviz's, or plain columns of boxes where it is missing.
 */
#ifndef NP2NFT_ASK_GRAPH_PLACE_H
#define NP2NFT_ASK_GRAPH_PLACE_H

#include "ask/graph/drawing.h"
#include "ask/graph/layout.h"

struct diags;

/* Returns 0; or -1 after a note why graphviz gave none. */
int place_by_graphviz(struct arena *arena, const struct drawing *drawing, struct layout *layout,
		      struct diags *diags);

/* Always has places. */
void place_in_columns(struct arena *arena, const struct drawing *drawing, struct layout *layout);

#endif
