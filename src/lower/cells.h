/*
 * The port space of a group, cut into disjoint cells, each with the peers that may use it.
 *
 * In:  grants: a list of peers on a range of ports, any number of them, overlapping as they like.
 * Out: a plan: what is looked up for every packet, then which cell a packet's protocol and port are
 *      in, and what is looked up there.
 *
 * The hard idea: one look-up a cell, in the union of the peers of all rules that cover it, would make
 * a packet's cost flat, but copy a wide rule's peers into every cell.  So peers with the same cells
 * are kept together (a bundle), and the cells of a protocol are the leaves of a tree with fan-out
 * CELL_FANOUT: a bundle goes to the highest nodes whose leaves it covers.  A packet in a cell meets
 * the nodes from its leaf to the root, and a bundle is copied at most 2 * (CELL_FANOUT - 1) times a
 * level for each run of neighbouring cells that it covers.  Hence the bounds, N cells of a protocol:
 *
 *     L = log_CELL_FANOUT N, rounded up
 *     look-ups a packet meets    at most LOOKUPS_APART * (3 + L) of each kind
 *     elements of all sets       at most 2 * (CELL_FANOUT - 1) * (1 + L) times the sum over all
 *                                rules of peers times port entries
 *
 * In practice both are far lower: a node with at most LOOKUPS_APART peers or bundles looks them up
 * apart, in sets that all groups share.
 */
#ifndef NP2NFT_LOWER_CELLS_H
#define NP2NFT_LOWER_CELLS_H

#include "lower/cell_tree.h"
#include "resolve/resolve.h"

#define LOOKUPS_APART 2

/* Lists of definitions that are looked up as one; each list has one number. */
struct unions {
	struct arena *arena;
	struct table keys;
	struct peer_union {
		const uint32_t *definitions; /* ascending, each once */
		size_t count;
	} * items;
	size_t count;
};

/* What is looked up in one place: numbers of unions, in this order; or nothing, and all may pass. */
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
	bool open;           /* anything on any port */
	struct target every; /* looked up for each packet */
	struct cell *cells;  /* by protocol, then port; disjoint */
	size_t cell_count;
	struct cell *protocols; /* the rest of a protocol's ports */
	size_t protocol_count;
	struct target *targets; /* each different */
	size_t target_count;
};

/*
 * Makes the plan, in @arena, of grants whose peers are in @lists; numbers of unions are added to @unions.
 * Grants are put in other order.
 */
struct plan *plan_cells(struct arena *arena, const struct peer_list *lists, struct grant *grants,
			size_t count, struct unions *unions);

/* The number of the union of these definitions. */
uint32_t unions_add(struct unions *unions, const uint32_t *definitions, size_t count);

/* Sorts the cells of a plan, and joins neighbours that lead to the same target where that is no loss. */
void plan_sort_cells(struct plan *plan);

#endif
