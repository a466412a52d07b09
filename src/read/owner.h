/* Finds the controllers of pods by metadata.ownerReferences. */
#ifndef NP2NFT_READ_OWNER_H
#define NP2NFT_READ_OWNER_H

#include "read/field.h"

/* A controller; its kind is NULL if there is none. */
struct owner {
	const char *kind, *name;
	const char *replica_set; /* the ReplicaSet between a Deployment and its pod; NULL: none */
};

/*
 * Returns the controller of the object with @metadata.  For a pod of a Deployment it is the
 * Deployment, not the ReplicaSet in between; a pod that a node's kubelet runs by itself has none.
 */
struct owner owner_read(struct reader *reader, const struct tree_node *metadata);

/*
 * Remembers @workload of the input, and its controller @owner (its kind is NULL if it has none).
 * If two workloads have the same name, the later one counts, as in a cluster to which both are
 * applied.
 */
void owner_note(struct reader *reader, const struct workload *workload, struct owner owner);

/* Remembers a pod without an address.  It stands for itself, unless its owner is in the input. */
void owner_note_pod(struct reader *reader, const struct pod *pod, struct owner owner);

/*
 * Is called at the end: adds the workloads that nothing in the input controls to
 * objects->workloads.  If the controller of a pod's owner is known, it replaces the owner.
 */
void owners_resolve(struct reader *reader);

#endif
