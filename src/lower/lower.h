/*
 * From who may reach whom to the ruleset.
 *
 * In:  resolve/resolve.h's groups, grants and definitions.  Out: ruleset/ruleset.h's table.
 *
 * The hard idea: a packet's cost must not depend on how many policies there are.  Two verdict maps
 * send it, by source and by destination, to the chain of the pod's group; one verdict map there sends
 * it on by protocol and port; the chain at the end of that looks its other end up in a few sets.
 * docs/ruleset.md shows how it reads.
 */
#ifndef NP2NFT_LOWER_LOWER_H
#define NP2NFT_LOWER_LOWER_H

#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

struct lower_options {
	const char *table;
	bool reject; /* what is denied gets an answer, instead of none */
};

/*
 * All of it but the pods in sets of peers: what depends on policies, and on pods that are enforced, alone.  Sets
 * say in `from` whose addresses they are.
 */
struct ruleset *lower_structure(struct arena *arena, const struct resolved *resolved,
				const struct lower_options *options);

/* The structure, and the pods in it. */
struct ruleset *lower(struct arena *arena, const struct resolved *resolved,
		      const struct lower_options *options);

#endif
