/*
 * How long the pods of this node are without their policies.
 *
 * In:  new pods of the node, with the time at which the kubelet took them on (status.startTime, whole seconds) or at
 *      which the container runtime told of them.
 * Out: a histogram of the seconds from then to the commit that has them.
 */
#ifndef NP2NFT_AGENT_STARTS_H
#define NP2NFT_AGENT_STARTS_H

#include "agent/metrics.h"
#include "read/tree.h"

/* So many pods may wait for one commit; more are not counted. */
#define STARTS_MAX 256

struct starts {
	double began[STARTS_MAX]; /* seconds of the clock that tells the date */
	size_t count;
	struct histogram histogram;
};

/* The API server tells of a new pod, as a tree; one without an address or a startTime is not counted. */
void starts_note_pod(struct starts *starts, const struct node *pod);

/* A new pod begins now. */
void starts_note_now(struct starts *starts);

/* The kernel has all pods that were noted. */
void starts_end(struct starts *starts);

#endif
