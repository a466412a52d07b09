/*
 * Reads Nodes from trees.  Rules of a ClusterNetworkPolicy select nodes by label, and mean their
 * addresses.
 */
#ifndef NP2NFT_READ_CLUSTER_NODE_H
#define NP2NFT_READ_CLUSTER_NODE_H

#include "read/field.h"

/* The parts of a Node that are read (read/tree.h). */
extern const struct shape cluster_node_shape;

/* Adds the node to reader->objects. */
void cluster_node_read(struct reader *reader, const struct tree_node *object);

#endif
