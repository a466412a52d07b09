/*
 * Decides what of a picture is drawn on one sheet.  If that is too much to read, namespaces are
 * closed: such a box is drawn as one item.
 *
 * In:  a picture.  Out: items, each of which is a node or a whole box, and lines between them, each
 * of which stands for one or more arrows.
 */
#ifndef NP2NFT_ASK_GRAPH_DRAWING_H
#define NP2NFT_ASK_GRAPH_DRAWING_H

#include "ask/graph/joined.h"

/* With more items or lines than these, namespaces are closed.  */
#define ITEMS_MAX 60
#define LINES_MAX 120

/*
 * An item with a number below nodes.count is the node of that number.  The others are boxes: such an
 * item stands for all workloads of its box, or, if the box is closed, for the box itself.
 */
struct item {
	bool shown;
	const char *name, *state; /* the two lines of text in it */
	const char *title;        /* everything that there is to say about it */
	double width, height;     /* in points */
};

/* The part of a box that is shown.  */
struct drawn_box {
	size_t shown;            /* how many of its nodes are shown */
	size_t open[DIRECTIONS]; /* how many of these are isolated by no policy */
	size_t *items;           /* the items that are drawn in it, ascending */
	size_t item_count;
};

struct line {
	size_t from, to; /* items */
	enum arrow_change change;
	const char *label;
	const char *title;
	const uint32_t *arrows; /* indices to picture.arrows */
	size_t arrow_count;
};

struct drawing {
	const struct picture *picture;
	struct joined joined; /* nodes that are drawn as one */
	bool *closed;         /* index: box */
	struct drawn_box *boxes;
	struct item *items;
	size_t item_count;
	struct line *lines;
	size_t line_count;
};

/* Makes the drawing.  The namespace @open stays open; NULL: any namespace may be closed.  */
struct drawing drawing_of(struct arena *arena, const struct picture *picture, const char *open);

/* Does the item stand for several namespaces? */
bool is_joined(const struct drawing *drawing, size_t item);

/* The box in which an item is drawn; BOX_NONE: it is drawn in no box.  */
uint32_t drawing_box(const struct drawing *drawing, size_t item);

/*
 * Is the item drawn with one half for each direction? Then @isolated tells for each direction whether
 * it is isolated; a closed box is if everything in it is.
 */
bool item_halves(const struct drawing *drawing, size_t item, bool *isolated);

/* Writes "namespace shop" or "outside the cluster".  */
const char *box_title(struct arena *arena, const struct graph_box *box);

#endif
