/*
 * From who may reach whom to the ruleset.
 *
 * In:  the groups, grants and definitions of resolve/resolve.h.  Out: the table of
 * ruleset/ruleset.h.
 *
 * The hard idea: the cost of a packet must not depend on the number of policies.  Two verdict maps
 * send a packet, by its source and by its destination, to the chain of the pod's group; there, one
 * verdict map sends it on by protocol and port; and the chain at the end of that looks up the
 * packet's other end in a few sets.  docs/ruleset.md shows the result.
 */
#ifndef NP2NFT_LOWER_LOWER_H
#define NP2NFT_LOWER_LOWER_H

#include "lower/options.h"
#include "resolve/resolved.h"
#include "ruleset/ruleset.h"

/* Where the packets of pods begin, by the index in objects.pods; VERDICT_NONE: nowhere. */
struct pod_verdicts {
	const struct verdict *of[DIRECTIONS];
	const struct verdict *to_node; /* for what a pod sends to its own node; NULL: nowhere */
};

/*
 * Makes everything but the pods in sets of peers, that is, everything that depends only on policies
 * and on enforced pods.  `from` of a set tells whose addresses it is for.  *verdicts becomes what
 * the maps of pods are made from.
 */
struct ruleset *lower_structure(struct arena *arena, const struct resolved *resolved,
				const struct lower_options *options, struct pod_verdicts *verdicts);

/* Makes the whole ruleset. */
struct ruleset *lower(struct arena *arena, const struct resolved *resolved,
		      const struct lower_options *options);

#endif
