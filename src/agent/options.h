/* What the agent is told before it begins. */
#ifndef NP2NFT_AGENT_OPTIONS_H
#define NP2NFT_AGENT_OPTIONS_H

#include "agent/commit.h"
#include "agent/log.h"

struct agent_options {
	struct pipeline_options pipeline;
	struct commit_options commit;
	bool closed_ranges_of_own_node; /* the ranges are those that the node's own object has */
	struct closed_ranges closed_ranges; /* where addresses of no known pod get nothing */
	const char *kubeconfig;             /* NULL: the service account of the pod that this is */
	const char *listen;                 /* ADDRESS:PORT for metrics and probes; NULL: none */
	const char *nri; /* the container runtime's socket for plugins; NULL: it is not asked */
	bool json;       /* speak JSON with the API server, although protobuf is possible */
	bool cleanup;    /* remove the table when the agent ends */
	long silence;    /* seconds of silence after which a connection counts as lost; 0: 90 */
	long verify_every; /* seconds from one proof of the table to the next; 0: 600; -1: none is made */
	bool verbose;
	text_writer log;
	void *log_context;
};

#endif
