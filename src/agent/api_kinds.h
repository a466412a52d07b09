/* For each kind of object, what the agent asks the API server for. */
#ifndef NP2NFT_AGENT_API_KINDS_H
#define NP2NFT_AGENT_API_KINDS_H

#include "agent/cluster.h"
#include "agent/watch.h"

extern const struct watch_kind agent_kinds[AGENT_KINDS];

#endif
