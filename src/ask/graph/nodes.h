/*
 * What is drawn as one: pods of one owner that are answered alike, in one world or in both.
 *
 * In:  a world, or two, as pairs of parties.
 * Out: nodes, each with the parties that stand for it, and the boxes that they are in.
 */
#ifndef NP2NFT_ASK_GRAPH_NODES_H
#define NP2NFT_ASK_GRAPH_NODES_H

#include "ask/pairs.h"
#include "base/table.h"

#define NO_PARTY SIZE_MAX

enum sort_of_node {
	NODE_ANYONE,  /* every pod and address */
	NODE_ANY_POD, /* every pod */
	NODE_PODS,    /* pods of one owner, or one that has none */
	NODE_COMING,  /* pods to come, PARTY_WORKLOAD */
	NODE_REST,    /* any other pod, of a namespace or of any other one */
	NODE_OUTSIDE, /* addresses, some of them those of Kubernetes' nodes */
};

struct graph_node {
	enum sort_of_node sort;
	const char *text;                /* as a party's, or as people say it */
	const char *name;                /* within its box */
	uint32_t box;                    /* BOX_NONE: none */
	size_t party[AGES];              /* one of them; NO_PARTY: there is none */
	size_t second[AGES];             /* another one */
	uint32_t number;                 /* in the order in which they were made */
	size_t pods[AGES];               /* how many */
	bool isolated[AGES][DIRECTIONS]; /* by a policy; or a cluster policy denies it something */
	/* NODE_OUTSIDE: its addresses */
	enum family family;
	const struct range *ranges;
	size_t range_count;
	const char *const
		*cluster_nodes; /* NODE_OUTSIDE: or those of Kubernetes' nodes, by their names */
	size_t cluster_node_count;
	const uint32_t *parts; /* of addresses joined: the nodes */
	size_t part_count;
};

#define BOX_NONE UINT32_MAX

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
