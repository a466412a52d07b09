/*
 * A picture as one HTML page that needs nothing else: data, style and script are in it.
 */
#ifndef NP2NFT_GRAPH_PAGE_H
#define NP2NFT_GRAPH_PAGE_H

#include "graph_drawing.h"
#include "graph_layout.h"

/* @layout NULL: the page finds places itself. */
const char *graph_page(struct arena *arena, const struct drawing *drawing,
		       const struct layout *layout);

#endif
