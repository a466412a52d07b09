/*
 * Trees to pods and namespaces: labels, addresses, named ports.
 */
#ifndef NP2NFT_READ_CLUSTER_H
#define NP2NFT_READ_CLUSTER_H

#include "read/field.h"

/* What of a Pod, without and with details, and of a Namespace is looked at (read/tree.h). */
extern const struct shape pod_shape, pod_details, namespace_shape;

/* What of the spec of a Pod, or of a template of pods. */
extern const struct shape pod_spec_shape;

/* The named ports of a pod's spec. */
struct pod_port *read_ports(struct reader *reader, const struct node *spec, size_t *count);

/*
 * Adds the pod to reader->objects, if it counts as target and peer; with details also one that does
 * not run yet, as a workload, and one on its node's network.
 */
void pod_read(struct reader *reader, const struct node *object);

void namespace_read(struct reader *reader, const struct node *object);

#endif
