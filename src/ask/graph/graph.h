/*
 * The picture: namespaces as boxes, workloads inside, arrows with ports.
 *
 * In:  a world, or two.
 * Out: SVG, DOT, or one self-contained page.
 */
#ifndef NP2NFT_ASK_GRAPH_GRAPH_H
#define NP2NFT_ASK_GRAPH_GRAPH_H

#include "ask/format.h"
#include "ask/world.h"

struct diags;

/* @old NULL: of @new alone.  NULL after a diagnostic. */
const char *graph(struct arena *arena, const struct objects *old, const struct objects *new,
		  const struct view *view, struct diags *diags);

#endif
