/*
 * Makes a cluster with one object more, to measure what that costs.  The new object is modelled
 * after one that is there, and the cluster itself stays as it is.
 */
#ifndef NP2NFT_BENCH_VARIANTS_H
#define NP2NFT_BENCH_VARIANTS_H

#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

/*
 * Finds a pod on this node (NULL: on any) that is isolated in both directions; NULL if there is
 * none.
 */
const struct pod *variant_local_pod(const struct resolved *resolved, const char *node);

/* Finds the pod that is in most sets, among those that are not enforced. */
const struct pod *variant_remote_pod(struct arena *arena, const struct resolved *resolved,
				     const struct ruleset *ruleset, const char *node);

/* Makes a pod that is like @like, but has a name and addresses of its own. */
struct pod variant_pod(struct arena *arena, const struct pod *like);

/*
 * Makes the objects with one pod more, or with one policy more, which is like the first of those
 * that @local is under.
 */
struct objects variant_with_pod(const struct objects *objects, const struct pod *pod);
struct objects variant_with_policy(const struct resolved *resolved, const struct pod *local);

#endif
