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

#include "agent/options.h"

/*
 * Runs until SIGTERM or SIGINT, which it blocks meanwhile.  Returns 0, or -1 after a diagnostic if
 * it could not begin.
 */
int agent_run(const struct agent_options *options, struct diags *diags);

#endif
