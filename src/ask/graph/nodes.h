/*
 * Decides which parties are drawn as one node: pods of one owner that are answered alike in one world
 * or in both.
 *
 * In:  pairs of parties, of one world or of two.  Out: nodes, each with parties of it, and the boxes
 * in which the nodes are.
 */
#ifndef NP2NFT_ASK_GRAPH_NODES_H
#define NP2NFT_ASK_GRAPH_NODES_H

#include "ask/graph/graph_node.h"
#include "base/table.h"

/*
 * A namespace; the last box, with the name "", has the addresses outside the cluster.  The nodes of a
 * box follow each other.
 */
struct graph_box {
	const char *name;
	/* its nodes go from the first to before the end; joined addresses are not among them */
	size_t first, end;
};

struct graph_nodes {
	const struct world *worlds[AGES];
	/* NODE_ANYONE, NODE_ANY_POD, then the others sorted by box and name */
	struct graph_node *items;
	size_t count;
	uint32_t *node_of[AGES]; /* index: party */
	struct graph_box *boxes;
	size_t box_count;
	struct table joined; /* keys: the parts of nodes that were joined */
	size_t first_joined; /* the first node that was joined; these stand behind all others */
};

#define ANYONE  0U
#define ANY_POD 1U

/*
 * Returns the index of the node that stands for several nodes of sort NODE_OUTSIDE together, whose
 * indices are ascending.  If there is none, it is made.
 */
uint32_t graph_nodes_join(struct arena *arena, struct graph_nodes *nodes, const uint32_t *parts,
			  size_t count);

struct graph_nodes graph_nodes_of(struct arena *arena, const struct party_pairs *pairs);

/* Is the node a single pod in this world? It must have a party there.  */
bool graph_node_is_one_pod(const struct graph_nodes *nodes, const struct graph_node *node,
			   enum age age);

/* A node, or every node of a box.  */
struct graph_end {
	bool box;
	uint32_t number;
};

/* The nodes for which an end stands: those of its box, the parts of a joined node, or itself.  */
struct end_nodes {
	const uint32_t *parts; /* NULL: they are those from @first on */
	size_t first, count;
};

struct end_nodes graph_end_nodes(const struct graph_nodes *nodes, const struct graph_end *end);

/* The node at this place, which is below the count.  */
size_t end_node(const struct end_nodes *of, size_t at);

#endif
