/*
 * Writes a picture as one HTML page, which needs no other file, because data, style and script are in
 * it.
 */
#ifndef NP2NFT_ASK_GRAPH_PAGE_H
#define NP2NFT_ASK_GRAPH_PAGE_H

#include "ask/graph/drawing.h"
#include "ask/graph/arrange.h"

/* Writes the page.  If @layout is NULL, the page itself finds places when it is opened.  */
const char *graph_page(struct arena *arena, const struct drawing *drawing,
		       const struct layout *layout);

#endif
