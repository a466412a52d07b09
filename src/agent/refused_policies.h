/*
 * Finds the policies because of which the kernel refuses a ruleset.
 *
 * In:  a pipeline whose ruleset the kernel refused at a chain or a set.  Out: the policies that
 * caused it, which are closed in the pipeline: their pods get nothing in the directions in which
 * they isolate, and everything else goes on.
 *
 * The hard idea: the kernel names a chain or a set, which several policies may have made together.
 * So each of them is closed in turn, and the kernel is asked again; as long as it refuses, the
 * table stays as it was.
 */
#ifndef NP2NFT_AGENT_REFUSED_POLICIES_H
#define NP2NFT_AGENT_REFUSED_POLICIES_H

#include "node/session.h"
#include "pipeline/pipeline.h"

struct refused_policy {
	const char *namespace, *name; /* the namespace of a cluster policy is NULL */
	const char *text;             /* the kernel's words */
};

struct refusals {
	struct pipeline *pipeline;
	/* where the last try was refused; each try changes it */
	const struct session_refused *place;
	const char *text; /* the words about it; each try changes them */
	/* Tries the pipeline's current ruleset.  Returns 0, or -1 with @place and @text. */
	int (*try)(struct refusals *refusals);
	void *context;
	struct refused_policy *closed;
	size_t closed_count;
};

/*
 * Must be called after a refused try: closes policies until a try is not refused, and notes them,
 * in @arena, in refusals->closed.  Returns 0, or -1 if that does not help; either way, exactly the
 * noted policies are closed.
 */
int refusals_close(struct arena *arena, struct refusals *refusals);

#endif
