/* What is asked for at the API server, by kind. */
#ifndef NP2NFT_AGENT_KINDS_H
#define NP2NFT_AGENT_KINDS_H

#include "agent/cluster.h"
#include "agent/watch.h"

extern const struct watch_kind agent_kinds[AGENT_KINDS];

#endif
