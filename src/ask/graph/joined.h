/*
 * Namespaces without pods that are answered alike, drawn as one.
 *
 * In:  a picture.
 * Out: for each node the one that stands for it: nodes of whole namespaces that have no other, with the same
 *      arrows and the same isolation, stand for each other.
 */
#ifndef NP2NFT_ASK_GRAPH_JOINED_H
#define NP2NFT_ASK_GRAPH_JOINED_H

#include "ask/graph/picture.h"

struct joined {
	uint32_t *first; /* by node: the first of those that it is joined with; alone, itself */
	uint32_t *next;  /* by node: the next of them; JOINED_LAST: there is none */
	size_t *count;   /* by node that stands for others: how many they are, with itself */
};

#define JOINED_LAST UINT32_MAX

/* @open: a namespace that is drawn by itself; NULL: none. */
struct joined join_namespaces(struct arena *arena, const struct picture *picture, const char *open);

#endif
