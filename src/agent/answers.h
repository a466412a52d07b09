/* What the agent answers over HTTP. */
#ifndef NP2NFT_AGENT_ANSWERS_H
#define NP2NFT_AGENT_ANSWERS_H

#include "agent/serve.h"

/* The answer to GET @path: metrics, or whether the agent lives or is ready; @context is a struct agent. */
struct serve_answer agent_answer(void *context, const char *path);

#endif
