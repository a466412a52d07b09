/*
 * Finds namespaces without pods that are answered alike, so that they are drawn as one.
 *
 * In:  a picture.  Out: for each node the node that stands for it.  If a node is the only one of its
 * namespace, it is joined with the other such nodes that have the same arrows and the same isolation.
 */
#ifndef NP2NFT_ASK_GRAPH_JOINED_H
#define NP2NFT_ASK_GRAPH_JOINED_H

#include "ask/graph/picture.h"

struct joined {
	/* index: node; the first of those with which it is joined; itself if it is joined with none */
	uint32_t *first;
	uint32_t *next; /* index: node; the next of them; JOINED_LAST: it is the last */
	/* index: node that stands for others; how many they are, counting itself */
	size_t *count;
};

#define JOINED_LAST UINT32_MAX

/* The namespace @open is drawn by itself; NULL: any may be joined.  */
struct joined join_namespaces(struct arena *arena, const struct picture *picture, const char *open);

#endif
