/*
 * What passes between the nodes of a picture, as far as it is drawn.
 *
 * In:  a picture with nodes and sides.  Out: cells.  A cell is what goes from one node to another,
 * as a number of a list of ports.  Most cells are empty, and are left out.
 */
#ifndef NP2NFT_ASK_GRAPH_CELLS_H
#define NP2NFT_ASK_GRAPH_CELLS_H

#include "ask/graph/picture.h"

/* What goes from the node, or to it; the other end is known from where the cell is kept. */
struct arrow_cell {
	uint32_t node, ports;
};

/* The cells of one node, sorted by the other one. */
struct cells {
	struct arrow_cell *items;
	size_t count;
};

struct cell_finding;

/* @denied: cells_to() will also be asked about DENIED. */
struct cell_finding *cells_new(struct arena *arena, struct picture *picture, bool denied);

/* Finds the cells with this change; the result has for each node the cells of what goes to it. */
struct cells *cells_to(struct cell_finding *finding, enum arrow_change change);

/* Can the node have a cell with itself? A single pod has none. */
bool cells_are_with_itself(const struct cell_finding *finding, enum age age, size_t node);

#endif
