/*
 * Asks graphviz, which runs as a process of its own, where things are drawn.
 *
 * In:  text in the DOT language, in which nodes are called n0, n1 …, clusters are called cluster_0,
 * cluster_1 …, and edges have the ids a0, a1 ….  Out: their places, or why there are none.
 */
#ifndef NP2NFT_ASK_GRAPH_ARRANGE_H
#define NP2NFT_ASK_GRAPH_ARRANGE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct drawn_place {
	double x, y; /* points; y grows downwards */
};

/* A rectangle.  If its width is 0, it has no place.  */
struct place_box {
	struct drawn_place middle;
	double width, height;
};

/*
 * A line of Bézier curves.  Its first point is the start, and each curve has three further points.
 * The arrow's head is behind the last one.
 */
struct place_line {
	struct drawn_place *points;
	size_t count; /* 0: it has no place */
	struct drawn_place head, label;
	bool has_label;
};

struct layout {
	struct drawn_place size;
	struct place_box *nodes, *boxes;
	struct place_line *arrows;
	size_t node_count, box_count, arrow_count;
};

/*
 * Fills in a layout whose counts tell how many nodes, boxes and arrows @dot has.  Returns NULL, or one
 * line of text that says why there is no layout.
 */
const char *layout_ask(struct arena *arena, const char *dot, struct layout *layout);

#endif
