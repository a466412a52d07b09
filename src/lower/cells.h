/*
 * Cuts the ports of a group into disjoint cells, each with the peers that may use it.
 *
 * In:  grants: lists of peers on ranges of ports, any number of them, which may overlap.  Out: a
 * plan: what is looked up for every packet, which cell a packet's protocol and port are in, and
 * what is looked up for that cell.
 *
 * The hard idea: with one look-up for each cell, in the union of the peers of all rules that cover
 * it, the cost of a packet would be flat, but the peers of a wide rule would be copied into every
 * cell.  So peers with the same cells are kept together (a bundle), and the cells of a protocol are
 * the leaves of a tree with a fan-out of CELL_FANOUT.  A bundle stands at the highest nodes whose
 * leaves it covers, and a packet in a cell looks up the nodes from its leaf to the root.  A bundle
 * is copied at most 2 * (CELL_FANOUT - 1) times for each level and each run of neighbouring cells
 * that it covers.  Hence these bounds for N cells of a protocol:
 *
 *     L = log_CELL_FANOUT N, rounded up
 *     look-ups of a packet       at most LOOKUPS_APART * (3 + L) of each kind
 *     elements of all sets       at most 2 * (CELL_FANOUT - 1) * (1 + L) times the sum over all
 *                                rules of peers times port entries
 *
 * In practice both numbers are far lower: if at most LOOKUPS_APART peers or bundles stand at a
 * node, each is looked up by itself, in a set that all groups share.
 */
#ifndef NP2NFT_LOWER_CELLS_H
#define NP2NFT_LOWER_CELLS_H

#include "lower/cell_tree.h"
#include "resolve/resolved.h"

#define LOOKUPS_APART 2

/* Lists of definitions, each of which is looked up as one; each has a number. */
struct unions {
	struct arena *arena;
	struct table keys;
	struct peer_union {
		const uint32_t *definitions; /* ascending, without repetitions */
		size_t count;
	} * items;
	size_t count;
};

/*
 * What is looked up at one place: the unions with these numbers, in this order; or nothing, and
 * everything may pass.
 */
struct target {
	bool anything;
	const uint32_t *unions;
	size_t count;
};

struct cell {
	enum protocol protocol;
	uint16_t first, last; /* host byte order */
	uint32_t target;      /* index to plan.targets */
};

struct plan {
	bool open;           /* every peer may use every port */
	struct target every; /* what is looked up for each packet */
	struct cell *cells;  /* sorted by protocol, then port; disjoint */
	size_t cell_count;
	struct cell *protocols; /* the other ports of each protocol */
	size_t protocol_count;
	struct target *targets; /* without repetitions */
	size_t target_count;
};

/*
 * Makes the plan in @arena, from grants whose peers are in @lists.  Unions are added to @unions,
 * and the grants are reordered.
 */
struct plan *plan_cells(struct arena *arena, const struct peer_list *lists, struct grant *grants,
			size_t count, struct unions *unions);

/* Returns the number of the union of these definitions, which is added if it is new. */
uint32_t unions_add(struct unions *unions, const uint32_t *definitions, size_t count);

/* Sorts the cells of a plan, and joins neighbours with the same target where that costs nothing. */
void plan_sort_cells(struct plan *plan);

#endif
