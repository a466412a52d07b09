/*
 * A picture as one HTML page that needs nothing else: data, style and script are in it.
 */
#ifndef NP2NFT_ASK_GRAPH_PAGE_H
#define NP2NFT_ASK_GRAPH_PAGE_H

#include "ask/graph/drawing.h"
#include "ask/graph/layout.h"

/* @layout NULL: the page finds places itself. */
const char *graph_page(struct arena *arena, const struct drawing *drawing,
		       const struct layout *layout);

#endif
