/*
 * Where things are drawn: graphviz is asked, in a process of its own.
 *
 * In:  text in the DOT language, in which nodes are called n0, n1 …, clusters cluster_0, cluster_1 … and
 *      edges have ids a0, a1 ….
 * Out: their places; or none, and why.
 */
#ifndef NP2NFT_ASK_GRAPH_LAYOUT_H
#define NP2NFT_ASK_GRAPH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct drawn_place {
	double x, y; /* points; y grows downwards */
};

/* A rectangle: its middle and its size; width 0: it has no place. */
struct place_box {
	struct drawn_place middle;
	double width, height;
};

/* A line of Bézier curves: a start, then three points for each curve; the arrow's head is behind the last. */
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

/* The counts say how many of each @dot has.  Returns NULL; or why there is no layout, one line. */
const char *layout_ask(struct arena *arena, const char *dot, struct layout *layout);

#endif
