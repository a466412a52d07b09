/*
 * What is drawn as one: pods of one owner that are answered alike, in one world or in both.
 *
 * In:  a world, or two, as pairs of parties.
 * Out: nodes, each with the parties that stand for it, and the boxes that they are in.
 */
#ifndef NP2NFT_ASK_GRAPH_NODES_H
#define NP2NFT_ASK_GRAPH_NODES_H

#include "ask/graph/graph_node.h"
#include "base/table.h"

/* A namespace; or, last and with the name "", what is outside of the cluster.  Its nodes stand together. */
struct graph_box {
	const char *name;
	size_t first, end; /* its nodes, without those that were joined */
};

struct graph_nodes {
	const struct world *worlds[AGES];
	struct graph_node *items; /* NODE_ANYONE, NODE_ANY_POD, then by box and name */
	size_t count;
	uint32_t *node_of[AGES]; /* by party */
	struct graph_box *boxes;
	size_t box_count;
	struct table joined; /* by their parts */
	size_t first_joined; /* these stand behind all others */
};

#define ANYONE  0U
#define ANY_POD 1U

/* The node that stands for several of NODE_OUTSIDE together, by ascending index; an index too. */
uint32_t graph_nodes_join(struct arena *arena, struct graph_nodes *nodes, const uint32_t *parts,
			  size_t count);

struct graph_nodes graph_nodes_of(struct arena *arena, const struct party_pairs *pairs);

/* In this world, in which it has a party. */
bool graph_node_is_one_pod(const struct graph_nodes *nodes, const struct graph_node *node,
			   enum age age);

/* A node, or every node of a box. */
struct graph_end {
	bool box;
	uint32_t number;
};

/* The nodes that an end stands for: those of its box, the parts of a joined one, or itself. */
struct end_nodes {
	const uint32_t *parts; /* NULL: all from @first on */
	size_t first, count;
};

struct end_nodes graph_end_nodes(const struct graph_nodes *nodes, const struct graph_end *end);

/* The one at @at, which is below .count. */
size_t end_node(const struct end_nodes *of, size_t at);

#endif
