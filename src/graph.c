/* See graph.h. */
#include "graph.h"

#include "graph_dot.h"

const char *graph(struct arena *arena, const struct world *old, const struct world *new,
		  const struct np2nft_view *view, struct diags *diags)
{
	const struct picture *picture = picture_of(arena, old, new, view, diags);
	struct drawing drawing;

	if (!picture)
		return NULL;
	drawing = drawing_of(arena, picture, view->namespace);
	return graph_dot(arena, &drawing);
}
