/* One node of the picture. */
#ifndef NP2NFT_ASK_GRAPH_GRAPH_NODE_H
#define NP2NFT_ASK_GRAPH_GRAPH_NODE_H

#include "ask/pairs.h"

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

#endif
