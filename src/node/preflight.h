/*
 * Checks for everything that would make enforcement silently wrong, before anything is applied.
 *
 * In:  the ruleset to be applied, and the network namespace of the calling process.  Out:
 * diagnostics without a place, each of which says what to do.
 */
#ifndef NP2NFT_NODE_PREFLIGHT_H
#define NP2NFT_NODE_PREFLIGHT_H

#include "base/diag.h"
#include "ruleset/ruleset.h"

#include <stdbool.h>

struct arena;

struct preflight_options {
	bool forced;   /* kube-proxy's IPVS mode is only a warning */
	bool only_own; /* the ruleset enforces only one node's pods */
};

/*
 * Returns 0, or -1 if there is an error among the diagnostics, when nothing should be applied.  It
 * changes nothing, and asks for at most 512 routes, whatever the number of pods.
 */
int preflight(struct arena *arena, const struct ruleset *ruleset, struct preflight_options options,
	      struct diags *diags);

#endif
