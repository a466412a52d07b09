/*
 * The tree over the cells of one protocol, with a fan-out of CELL_FANOUT; lower/cells.h explains
 * it.
 *
 * In:  runs of neighbouring cells, each with a number.  Out: for each node of the tree the numbers
 * that stand there.
 */
#ifndef NP2NFT_LOWER_CELL_TREE_H
#define NP2NFT_LOWER_CELL_TREE_H

#include <stddef.h>
#include <stdint.h>

struct arena;

#define CELL_FANOUT 8
#define LEVELS_MAX  7 /* CELL_FANOUT to the power of 6 is more than there are ports */

/*
 * A node: the numbers of those runs that contain all its leaves, but not all leaves of the node
 * above.
 */
struct cell_node {
	uint32_t *numbers; /* in the order in which they were placed */
	size_t count;
};

struct cell_tree {
	struct cell_node *levels[LEVELS_MAX]; /* [0]: the leaves, one for each cell */
	size_t width[LEVELS_MAX];             /* how many leaves are below a node of the level */
	size_t level_count, leaf_count;
};

/* Makes an empty tree; @leaf_count is not 0. */
struct cell_tree *cell_tree_new(struct arena *arena, size_t leaf_count);

/* How many nodes the level has. */
size_t cell_tree_nodes(const struct cell_tree *tree, size_t level);

/*
 * Places @number, which stands for the leaves from @first to @last, at the highest nodes all of
 * whose leaves are among them.
 */
void cell_tree_place(struct arena *arena, struct cell_tree *tree, size_t first, size_t last,
		     uint32_t number);

#endif
