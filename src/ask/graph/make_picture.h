/*
 * The picture of one world, or of what two differ in.
 *
 * In:  objects, and what of them is shown.
 * Out: nodes, arrows and the rules behind them (ask/graph/picture.h).
 */
#ifndef NP2NFT_ASK_GRAPH_MAKE_PICTURE_H
#define NP2NFT_ASK_GRAPH_MAKE_PICTURE_H

#include "ask/format.h"
#include "ask/graph/picture.h"

struct diags;

/* NULL after a diagnostic: the view names what there is not. */
struct picture *picture_of(struct arena *arena, const struct objects *old,
			   const struct objects *new, const struct view *view, struct diags *diags);

#endif
