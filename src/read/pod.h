/* Reads Pods and Namespaces from trees: their labels, addresses and named ports. */
#ifndef NP2NFT_READ_POD_H
#define NP2NFT_READ_POD_H

#include "read/field.h"

/* The parts of a Pod (without and with details) and of a Namespace that are read (read/tree.h). */
extern const struct shape pod_shape, pod_details, namespace_shape;

/* The parts of the spec of a Pod, or of a pod template, that are read. */
extern const struct shape pod_spec_shape;

/*
 * Reads the ports of a pod's spec: *count ports with names, and with details, behind these
 * *plain_count ports without one.
 */
struct pod_port *read_ports(struct reader *reader, const struct tree_node *spec, size_t *count,
			    size_t *plain_count);

/*
 * Adds the pod to reader->objects if it counts as target and peer.  With details, a pod that does
 * not run yet is added as a workload, and a pod on its node's network as a host pod.
 */
void pod_read(struct reader *reader, const struct tree_node *object);

void namespace_read(struct reader *reader, const struct tree_node *object);

#endif
