/*
 * How long the pods of this node are without their policies.
 *
 * In:  new pods of the node, with the time at which the kubelet took them on (status.startTime, in
 * whole seconds), or at which the container runtime told of them.  Out: a histogram of the seconds
 * from then to the commit that has them.
 */
#ifndef NP2NFT_AGENT_START_DELAY_H
#define NP2NFT_AGENT_START_DELAY_H

#include "agent/metrics.h"
#include "read/tree.h"

/* So many pods can wait for one commit; further ones are not counted. */
#define STARTS_MAX 256

struct starts {
	double began[STARTS_MAX]; /* in seconds of the real-time clock */
	size_t count;
	struct histogram histogram;
};

/*
 * Notes a new pod of the API server, as a tree.  A pod without an address or a startTime is not
 * counted.
 */
void starts_note_pod(struct starts *starts, const struct tree_node *pod);

/* Notes a new pod that begins now. */
void starts_note_now(struct starts *starts);

/* Must be called when the kernel has all pods that were noted: their waiting ends now. */
void starts_end(struct starts *starts);

#endif
