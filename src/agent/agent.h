/*
 * The node agent: keeps a node's table true to the cluster for as long as it runs.
 *
 * In:  an API server, and the node's name.  Out: the table in the kernel, after each change; lines
 * of a log.
 *
 * The hard idea is what the agent does not do.  Nothing in the kernel changes before the first
 * lists are complete; and whatever fails afterwards (the API server, the token, the agent itself),
 * the table stays as it is.
 */
#ifndef NP2NFT_AGENT_AGENT_H
#define NP2NFT_AGENT_AGENT_H

#include "agent/commit.h"
#include "agent/log.h"

struct agent_options {
	struct pipeline_options pipeline;
	struct commit_options commit;
	bool closed_by_node;         /* the ranges are those that the node's own object has */
	struct closed_ranges closed; /* where addresses of no known pod get nothing */
	const char *kubeconfig;      /* NULL: the service account of the pod that this is */
	const char *listen;          /* ADDRESS:PORT for metrics and probes; NULL: none */
	const char *nri; /* the container runtime's socket for plugins; NULL: it is not asked */
	bool json;       /* speak JSON with the API server, where it could be protobuf */
	bool cleanup;    /* remove the table when the agent ends */
	long silence;    /* seconds of silence after which a connection counts as lost; 0: 90 */
	bool verbose;
	text_writer log;
	void *log_context;
};

/*
 * Runs until SIGTERM or SIGINT, which it blocks meanwhile.  Returns 0, or -1 after a diagnostic if
 * it could not begin.
 */
int agent_run(const struct agent_options *options, struct diags *diags);

#endif
