/*
 * Draws who reaches whom: namespaces are boxes with workloads in them, and arrows have ports.
 *
 * In:  the objects of one input, or of two.  Out: SVG, DOT, or an HTML page that needs no other file.
 */
#ifndef NP2NFT_ASK_GRAPH_GRAPH_H
#define NP2NFT_ASK_GRAPH_GRAPH_H

#include "ask/world/format.h"
#include "ask/world/world.h"

struct diags;

/*
 * Draws what differs between two inputs; if @old is NULL, draws @new alone.  Returns NULL after a
 * diagnostic.
 */
const char *graph(struct arena *arena, const struct objects *old, const struct objects *new,
		  const struct view *view, struct diags *diags);

#endif
