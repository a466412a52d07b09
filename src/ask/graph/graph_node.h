/* A node of the picture: something that arrows begin and end at.  */
#ifndef NP2NFT_ASK_GRAPH_GRAPH_NODE_H
#define NP2NFT_ASK_GRAPH_GRAPH_NODE_H

#include "ask/alike/pairs.h"

#define NO_PARTY SIZE_MAX

enum sort_of_node {
	NODE_ANYONE,  /* every pod and address */
	NODE_ANY_POD, /* every pod */
	NODE_PODS,    /* pods of one owner, or one pod that has no owner */
	NODE_COMING,  /* pods to come (PARTY_WORKLOAD) */
	NODE_REST,    /* any other pod of a namespace, or any pod of any other namespace */
	NODE_OUTSIDE, /* addresses, some of them those of Kubernetes' nodes */
};

struct graph_node {
	enum sort_of_node sort;
	const char *text;    /* its name in full, as parties have it */
	const char *name;    /* its name within its box */
	uint32_t box;        /* BOX_NONE: it is in no box */
	size_t party[AGES];  /* one of its parties; NO_PARTY: this world has none of them */
	size_t second[AGES]; /* another one of them; NO_PARTY: there is no other */
	uint32_t number;     /* its number in the order in which nodes were made */
	size_t pods[AGES];   /* how many pods it stands for */
	/* policies isolate it, or a cluster policy denies it something */
	bool isolated[AGES][DIRECTIONS];
	/* NODE_OUTSIDE: the addresses that it stands for */
	enum family family;
	const struct range *ranges;
	size_t range_count;
	const char *const *
		cluster_nodes; /* NODE_OUTSIDE: the nodes of Kubernetes whose addresses these are, by name */
	size_t cluster_node_count;
	/* the nodes whose addresses were joined to make this one; there may be none */
	const uint32_t *parts;
	size_t part_count;
};

#define BOX_NONE UINT32_MAX

#endif
