/*
 * What of a picture is drawn on one sheet: where it is too much for one, namespaces are closed.
 *
 * In:  a picture.
 * Out: items, each a node or the whole of a box, and lines between them, each of one or more arrows.
 */
#ifndef NP2NFT_ASK_GRAPH_DRAWING_H
#define NP2NFT_ASK_GRAPH_DRAWING_H

#include "ask/graph/joined.h"

/* With more than these, namespaces are closed. */
#define ITEMS_MAX 60
#define LINES_MAX 120

/* Item i below nodes.count is node i; the others are boxes: all of its workloads; or, closed, the box. */
struct item {
	bool shown;
	const char *name, *state; /* two lines */
	const char *title;        /* all there is to say */
	double width, height;     /* points */
};

/* What of a box is shown. */
struct drawn_box {
	size_t shown;            /* nodes */
	size_t open[DIRECTIONS]; /* those of them that are */
	size_t *items;           /* what is drawn in it, ascending */
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
	bool *closed;         /* by box */
	struct drawn_box *boxes;
	struct item *items;
	size_t item_count;
	struct line *lines;
	size_t line_count;
};

/* @open: a namespace that stays open; NULL: none. */
struct drawing drawing_of(struct arena *arena, const struct picture *picture, const char *open);

/* Does the item stand for several namespaces? */
bool is_joined(const struct drawing *drawing, size_t item);

/* The box that an item is drawn in; BOX_NONE: in none. */
uint32_t drawing_box(const struct drawing *drawing, size_t item);

/* Does the item have a side for each direction, and which are isolated?  A closed box: if all in it are. */
bool item_halves(const struct drawing *drawing, size_t item, bool *isolated);

/* "namespace shop"; "outside the cluster". */
const char *box_title(struct arena *arena, const struct graph_box *box);

#endif
