/* Answers the agent's own HTTP requests. */
#ifndef NP2NFT_AGENT_PROBES_H
#define NP2NFT_AGENT_PROBES_H

#include "agent/http_server.h"

/*
 * The answer to GET @path: metrics, or whether the agent is alive or ready.  @context is a struct
 * agent.
 */
struct serve_answer agent_answer(void *context, const char *path);

#endif
