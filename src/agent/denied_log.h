/*
 * Writes a denied packet as a line of the log: both ends, the port, and the policies that isolate
 * the pod which denies it, or the cluster policies of the tier that denies it.  A packet that
 * audited policies would deny is written in the same way.
 *
 * In: a packet, as the kernel handed it on; the pipeline whose ruleset is in force.  Out: the line.
 */
#ifndef NP2NFT_AGENT_DENIED_LOG_H
#define NP2NFT_AGENT_DENIED_LOG_H

#include "agent/log.h"
#include "pipeline/pipeline.h"
#include "ruleset/evaluate.h"

void denied_tell(struct log *log, struct pipeline *pipeline, const struct packet *packet,
		 bool audited);

#endif
