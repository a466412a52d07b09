/*
 * Policies that the kernel refuses.
 *
 * In:  a pipeline, whose ruleset the kernel refused at a chain or a set.
 * Out: the policies for which it did so, closed in the pipeline: their pods get nothing in the directions that they
 *      isolate, and all else goes on.
 *
 * The hard idea: the kernel names a chain or a set, which several policies may have made together.  So each of them is
 * closed by itself, and the kernel is asked again; as long as it refuses, the table stays as it was.
 */
#ifndef NP2NFT_AGENT_REFUSALS_H
#define NP2NFT_AGENT_REFUSALS_H

#include "node/session.h"
#include "pipeline/pipeline.h"

struct refused_policy {
	const char *namespace, *name;
	const char *text; /* what the kernel said */
};

struct refusals {
	struct pipeline *pipeline;
	const struct session_refused *place; /* where the last try was refused; changes with each */
	const char *text;                    /* what was said of it; the same */
	/* Tries what the pipeline says now.  Returns 0, or -1 with @place and @text. */
	int (*try)(struct refusals *refusals);
	void *context;
	struct refused_policy *closed;
	size_t closed_count;
};

/*
 * The last try was refused: closes policies until one is not, and notes them, in @arena, in refusals->closed.  Returns
 * 0; or -1 if that does not help.  Then none more are closed than are noted.
 */
int refusals_close(struct arena *arena, struct refusals *refusals);

#endif
