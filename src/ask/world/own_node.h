/*
 * Which addresses are those of the node on which a pod runs.
 *
 * In:  Nodes, and pods that are on their node's network.  Out: whether an address is one of a pod's own node.
 *
 * What passes between a pod and its own node is not forwarded, so other policies bind there than elsewhere
 * (enum course in ask/reach/reach.h).
 */
#ifndef NP2NFT_ASK_WORLD_OWN_NODE_H
#define NP2NFT_ASK_WORLD_OWN_NODE_H

#include "base/addr.h"

struct arena;
struct objects;
struct own_nodes;
struct pod;

struct own_nodes *own_nodes_new(struct arena *arena, const struct objects *objects);

struct node_addrs {
	struct addr *items;
	size_t count;
};

/* The addresses of the node that the pod runs on; none if nobody knows that node. */
struct node_addrs own_nodes_of(const struct own_nodes *nodes, const struct pod *pod);

/* Is it an address of the node that the pod runs on?  It is not if nobody knows that node. */
bool own_nodes_have(const struct own_nodes *nodes, const struct pod *pod, const struct addr *addr);

/* The name of the first node that has the address; NULL: none does. */
const char *own_nodes_at(const struct own_nodes *nodes, const struct addr *addr);

#endif
