/*
 * Who controls whom: metadata.ownerReferences.
 */
#ifndef NP2NFT_READ_OWNER_H
#define NP2NFT_READ_OWNER_H

#include "read/field.h"

/* Its kind NULL: nobody. */
struct owner {
	const char *kind, *name;
	const char *replica_set; /* the one between a Deployment and its pod; NULL: none */
};

/*
 * What controls the object of @metadata.  Of a pod of a Deployment it is the Deployment, not the
 * ReplicaSet between them; of a pod that a node's kubelet runs by itself it is nobody.
 */
struct owner owner_read(struct reader *reader, const struct node *metadata);

/*
 * Remembers @workload, which is in the input and which @owner controls (its kind NULL: nothing does).  Of two of
 * one name the last counts, as in a cluster that is given both.
 */
void owner_note(struct reader *reader, const struct workload *workload, struct owner owner);

/* Remembers a pod without an address: it stands for itself, unless its owner is in the input. */
void owner_note_pod(struct reader *reader, const struct pod *pod, struct owner owner);

/*
 * When all is read: what nothing in the input controls goes to objects->workloads.  In the stead of a pod's
 * owner comes what controls that, where it is remembered.
 */
void owners_resolve(struct reader *reader);

#endif
