/*
 * Brings what the container runtime says about the node's pods into the cluster: from the plugin
 * interface (agent/nri.h), through what both sides know (agent/residents.h), to agent/cluster.h.
 */
#ifndef NP2NFT_AGENT_RUNTIME_H
#define NP2NFT_AGENT_RUNTIME_H

#include "agent/running.h"

void runtime_begin(struct agent *agent);
void runtime_end(struct agent *agent);

/* Returns a pod of the API server as it is best known; it lives until the next call. */
const struct node *runtime_pod(struct agent *agent, const struct node *pod, bool gone);

/* A list of the API server's pods begins, or is complete. */
void runtime_list(struct agent *agent, bool is_whole);

/* The kernel has everything that was reported, so the pods that wait for it may run. */
void runtime_release(struct agent *agent);

/* Adds the runtime's metrics. */
void runtime_metrics(struct metrics *metrics, const struct agent *agent);

#endif
