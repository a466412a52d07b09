/*
 * Who controls whom: metadata.ownerReferences.
 */
#ifndef NP2NFT_READ_OWNER_H
#define NP2NFT_READ_OWNER_H

#include "read/field.h"

/* NULL both: nobody. */
struct owner {
	const char *kind, *name;
};

/*
 * What controls the object of @metadata.  Of a pod of a Deployment it is the Deployment, not the
 * ReplicaSet between them; of a pod that a node's kubelet runs by itself it is nobody.
 */
struct owner owner_read(struct reader *reader, const struct node *metadata);

/* Remembers what controls the object at hand, such as a Job of a CronJob. */
void owner_note(struct reader *reader, const char *namespace, const char *name, struct owner owner);

/* When all is read: in a pod's owner's stead comes what controls that, where it is remembered. */
void owners_resolve(struct reader *reader);

#endif
