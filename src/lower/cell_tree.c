/* Places runs of leaves: a run goes up a level wherever it fills whole nodes. */
#include "lower/cell_tree.h"

#include "base/arena.h"

struct cell_tree *cell_tree_new(struct arena *arena, size_t leaf_count)
{
	struct cell_tree *tree = arena_alloc(arena, sizeof(*tree));

	tree->leaf_count = leaf_count;
	for (size_t width = 1;; width *= CELL_FANOUT) {
		const size_t nodes = (leaf_count + width - 1) / width;

		tree->width[tree->level_count] = width;
		tree->levels[tree->level_count++] =
			arena_array(arena, nodes, sizeof(struct cell_node));
		if (nodes == 1)
			return tree;
	}
}

size_t cell_tree_nodes(const struct cell_tree *tree, size_t level)
{
	return (tree->leaf_count + tree->width[level] - 1) / tree->width[level];
}

static void place(struct arena *arena, struct cell_tree *tree, size_t level, size_t node,
		  size_t first, size_t last, uint32_t number)
{
	size_t begin = node * tree->width[level], end = begin + tree->width[level] - 1;

	if (end > tree->leaf_count - 1)
		end = tree->leaf_count - 1;
	if (last < begin || end < first)
		return;
	if (first <= begin && end <= last) {
		struct cell_node *at = &tree->levels[level][node];

		arena_push(arena, at->numbers, at->count, number);
		return;
	}
	for (size_t i = 0; i < CELL_FANOUT; i++)
		if ((node * CELL_FANOUT + i) * tree->width[level - 1] < tree->leaf_count)
			place(arena, tree, level - 1, node * CELL_FANOUT + i, first, last, number);
}

void cell_tree_place(struct arena *arena, struct cell_tree *tree, size_t first, size_t last,
		     uint32_t number)
{
	place(arena, tree, tree->level_count - 1, 0, first, last, number);
}
