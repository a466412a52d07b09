/*
 * Brings what the container runtime says about the node's pods into the cluster: from the plugin
 * interface (agent/nri.h), through what both sides know (agent/own_pods.h), to agent/cluster.h.
 */
#ifndef NP2NFT_AGENT_CONTAINER_RUNTIME_H
#define NP2NFT_AGENT_CONTAINER_RUNTIME_H

#include "agent/running.h"

void runtime_begin(struct agent *agent);
void runtime_end(struct agent *agent);

/* Returns a pod of the API server as it is best known; it lives until the next call. */
const struct tree_node *runtime_pod(struct agent *agent, const struct tree_node *pod, bool gone);

/*
 * Must be called when a list of the API server's pods begins, and when it is complete (@is_whole).
 */
void runtime_list(struct agent *agent, bool is_whole);

/* Hears what the runtime has to say; must be called often. */
void runtime_step(struct agent *agent, long long now);

/* Lets the pods run that wait; the kernel must have everything that was reported. */
void runtime_release(struct agent *agent);

/* Adds the metrics about the container runtime. */
void runtime_metrics(struct metrics *metrics, const struct agent *agent);

#endif
