/* Writes a drawing that has places as an SVG file, which needs no other file.  */
#ifndef NP2NFT_ASK_GRAPH_SVG_H
#define NP2NFT_ASK_GRAPH_SVG_H

#include "ask/graph/drawing.h"
#include "ask/graph/arrange.h"

const char *graph_svg(struct arena *arena, const struct drawing *drawing,
		      const struct layout *layout);

#endif
