#include "ask/graph/graph.h"

#include "ask/graph/dot.h"
#include "ask/graph/labels.h"
#include "ask/graph/make_picture.h"
#include "ask/graph/page.h"
#include "ask/graph/place.h"
#include "ask/graph/svg.h"
#include "base/arena.h"

const char *graph(struct arena *arena, const struct objects *old, const struct objects *new,
		  const struct view *view, struct diags *diags)
{
	const struct picture *picture = picture_of(arena, old, new, view, diags);
	struct drawing drawing;
	struct layout layout;
	bool placed;

	if (!picture)
		return NULL;
	drawing = drawing_of(arena, picture, view->namespace);
	if (view->format == FORMAT_DOT)
		return graph_dot(arena, &drawing);
	placed = !place_by_graphviz(arena, &drawing, &layout, diags);
	if (placed)
		set_labels_apart(arena, &drawing, &layout);
	if (view->format == FORMAT_HTML)
		return graph_page(arena, &drawing, placed ? &layout : NULL);
	if (!placed) {
		place_in_columns(arena, &drawing, &layout);
		set_labels_apart(arena, &drawing, &layout);
	}
	return graph_svg(arena, &drawing, &layout);
}
