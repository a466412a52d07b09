/*
 * Makes the picture of one world, or of what differs between two.
 *
 * In:  objects, and a view that tells which part of them is shown.  Out: nodes, arrows and the rules
 * behind them (ask/graph/picture.h).
 */
#ifndef NP2NFT_ASK_GRAPH_MAKE_PICTURE_H
#define NP2NFT_ASK_GRAPH_MAKE_PICTURE_H

#include "ask/world/format.h"
#include "ask/graph/picture.h"

struct diags;

/* Returns NULL after a diagnostic: the view names something that does not exist.  */
struct picture *picture_of(struct arena *arena, const struct objects *old,
			   const struct objects *new, const struct view *view, struct diags *diags);

#endif
