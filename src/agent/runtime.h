/*
 * The container runtime's part in what is known of the node's pods: from its plugin interface (agent/nri.h) by way of
 * what both sides say of them (agent/residents.h) to the cluster (agent/cluster.h).
 */
#ifndef NP2NFT_AGENT_RUNTIME_H
#define NP2NFT_AGENT_RUNTIME_H

#include "agent/running.h"

void runtime_begin(struct agent *agent);
void runtime_end(struct agent *agent);

/* A pod of the API server's, as it is best known; it lives until the next call. */
const struct node *runtime_pod(struct agent *agent, const struct node *pod, bool gone);

/* A list of the API server's pods begins, or is whole. */
void runtime_list(struct agent *agent, bool is_whole);

/* Everything that was told is in the kernel: pods that wait for it may run. */
void runtime_release(struct agent *agent);

/* What is counted. */
void runtime_metrics(struct metrics *metrics, const struct agent *agent);

#endif
