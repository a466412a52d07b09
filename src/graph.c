/* See graph.h. */
#include "graph.h"

#include "arena.h"
#include "graph_dot.h"
#include "graph_page.h"
#include "graph_place.h"
#include "graph_svg.h"

const char *graph(struct arena *arena, const struct world *old, const struct world *new,
		  const struct np2nft_view *view, struct diags *diags)
{
	const struct picture *picture = picture_of(arena, old, new, view, diags);
	struct drawing drawing;
	struct layout layout;
	bool placed;

	if (!picture)
		return NULL;
	drawing = drawing_of(arena, picture, view->namespace);
	if (view->format == NP2NFT_DOT)
		return graph_dot(arena, &drawing);
	placed = !place_by_graphviz(arena, &drawing, &layout, diags);
	if (view->format == NP2NFT_HTML)
		return graph_page(arena, &drawing, placed ? &layout : NULL);
	if (!placed)
		place_in_columns(arena, &drawing, &layout);
	return graph_svg(arena, &drawing, &layout);
}
