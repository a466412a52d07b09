/*
 * A tree to a Node, which rules of a ClusterNetworkPolicy name by its labels and mean by its addresses.
 */
#ifndef NP2NFT_READ_CLUSTER_NODE_H
#define NP2NFT_READ_CLUSTER_NODE_H

#include "read/field.h"

/* What of a Node is looked at (read/tree.h). */
extern const struct shape cluster_node_shape;

/* Adds the node to reader->objects. */
void cluster_node_read(struct reader *reader, const struct node *object);

#endif
