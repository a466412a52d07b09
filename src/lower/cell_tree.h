/*
 * The tree over the cells of one protocol, with fan-out CELL_FANOUT: see lower/cells.h.
 */
#ifndef NP2NFT_LOWER_CELL_TREE_H
#define NP2NFT_LOWER_CELL_TREE_H

#include <stddef.h>
#include <stdint.h>

struct arena;

#define CELL_FANOUT 8
#define LEVELS_MAX  7 /* CELL_FANOUT to the power of 6 is more than there are ports */

/* A node: the numbers of what covers all its leaves, and does not cover all those of the node above. */
struct tree_node {
	uint32_t *numbers; /* in the order in which they were placed */
	size_t count;
};

struct cell_tree {
	struct tree_node *levels[LEVELS_MAX]; /* [0]: the leaves, a cell each */
	size_t width[LEVELS_MAX];             /* leaves below a node */
	size_t level_count, leaf_count;
};

/* An empty tree; @leaf_count is not 0. */
struct cell_tree *cell_tree_new(struct arena *arena, size_t leaf_count);

/* How many nodes a level has. */
size_t cell_tree_nodes(const struct cell_tree *tree, size_t level);

/* Gives the run of leaves from @first to @last to the highest nodes that lie within it. */
void cell_tree_place(struct arena *arena, struct cell_tree *tree, size_t first, size_t last,
		     uint32_t number);

#endif
