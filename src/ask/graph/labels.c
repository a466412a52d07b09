/*
 * Tries each label at points of its line: first near its middle or where graphviz put it, then
 * farther and farther away, until it lies on no item, no title and no other label.  If there is no
 * such point, the first point has to do.
 */
#include "ask/graph/labels.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <math.h>

/* The width of a letter in points, at the size of labels.  */
#define LETTER 6.6
/* The width of a letter of a box's title, in bold, and where the title stands in its box.  */
#define TITLE_LETTER 8
#define TITLE_X      8
#define TITLE_HEIGHT 24
/* The room between two labels on one line of text.  */
#define APART 8
/* How many points of each curve are tried.  */
#define STEPS 24
/*
 * If there are more lines than this, nobody can read labels anyway, and they stay where they are.
 */
#define LINES_READ 1000

struct rectangle {
	double left, top, right, bottom;
};

struct taken_room {
	struct arena *arena;
	struct rectangle *items;
	size_t count;
};

static void take(struct taken_room *taken, struct rectangle rectangle)
{
	arena_push(taken->arena, taken->items, taken->count, rectangle);
}

static bool is_free(const struct taken_room *taken, const struct rectangle *at)
{
	for (size_t i = 0; i < taken->count; i++) {
		const struct rectangle *other = &taken->items[i];

		if (at->left < other->right && other->left < at->right && at->top < other->bottom &&
		    other->top < at->bottom)
			return false;
	}
	return true;
}

double label_width(const char *label)
{
	return LETTER * (double)utf8_characters(label);
}

static struct rectangle around(struct drawn_place middle, double width, double height)
{
	return (struct rectangle){middle.x - width / 2, middle.y - height / 2, middle.x + width / 2,
				  middle.y + height / 2};
}

static void take_items(struct taken_room *taken, const struct layout *layout)
{
	for (size_t i = 0; i < layout->node_count; i++)
		if (layout->nodes[i].width > 0)
			take(taken, around(layout->nodes[i].middle, layout->nodes[i].width,
					   layout->nodes[i].height));
}

static void take_titles(struct taken_room *taken, const struct drawing *drawing,
			const struct layout *layout)
{
	for (size_t i = 0; i < layout->box_count; i++) {
		const struct place_box *box = &layout->boxes[i];
		const char *title = box_title(taken->arena, &drawing->picture->nodes.boxes[i]);
		const double left = box->middle.x - box->width / 2 + TITLE_X;
		const double top = box->middle.y - box->height / 2;

		if (box->width > 0)
			take(taken, (struct rectangle){
					    left, top,
					    left + TITLE_LETTER * (double)utf8_characters(title),
					    top + TITLE_HEIGHT});
	}
}

/* The point at @t, from 0 to 1, of the curve that begins at @from.  */
static struct drawn_place point_at(const struct drawn_place *from, double t)
{
	const double s = 1 - t;
	const double a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;

	return (struct drawn_place){a * from[0].x + b * from[1].x + c * from[2].x + d * from[3].x,
				    a * from[0].y + b * from[1].y + c * from[2].y + d * from[3].y};
}

static double distance(struct drawn_place a, struct drawn_place b)
{
	return hypot(a.x - b.x, a.y - b.y);
}

/* Lists all points of the line that are tried, and returns how many.  */
static size_t list_points(struct arena *arena, const struct place_line *line,
			  struct drawn_place **points)
{
	const size_t curves = (line->count - 1) / 3;
	size_t count = 0;

	*points = NULL;
	for (size_t i = 0; i < curves * STEPS; i++)
		arena_push(arena, *points, count,
			   point_at(&line->points[i / STEPS * 3],
				    ((double)(i % STEPS) + 0.5) / STEPS));
	return count;
}

/* Finds the free point nearest to where the label is wanted; returns false if no point is free.  */
static bool find_free(const struct taken_room *taken, const struct drawn_place *points,
		      size_t count, double width, struct drawn_place wanted,
		      struct drawn_place *found)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		const struct rectangle at = around(points[i], width, LABEL_HEIGHT);

		if ((!any || distance(points[i], wanted) < distance(*found, wanted)) &&
		    is_free(taken, &at)) {
			*found = points[i];
			any = true;
		}
	}
	return any;
}

static void place_label(struct taken_room *taken, const struct line *line, struct place_line *at)
{
	const double width = label_width(line->label) + APART;
	struct drawn_place *points, best;
	size_t count = list_points(taken->arena, at, &points);

	best = points[0];
	for (size_t i = 1; i < count; i++)
		if (distance(points[i], at->label) < distance(best, at->label))
			best = points[i];
	find_free(taken, points, count, width, at->label, &best);
	at->label = best;
	take(taken, around(best, width, LABEL_HEIGHT));
}

void set_labels_apart(struct arena *arena, const struct drawing *drawing, struct layout *layout)
{
	struct taken_room taken = {.arena = arena};

	if (layout->arrow_count > LINES_READ)
		return;
	take_items(&taken, layout);
	take_titles(&taken, drawing, layout);
	for (size_t i = 0; i < layout->arrow_count; i++)
		if (layout->arrows[i].count >= 4 && layout->arrows[i].has_label)
			place_label(&taken, &drawing->lines[i], &layout->arrows[i]);
}
