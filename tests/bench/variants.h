/*
 * A cluster with one thing more, for what that costs.
 *
 * All of it is made like something that is there; the cluster itself stays as it is.
 */
#ifndef NP2NFT_BENCH_VARIANTS_H
#define NP2NFT_BENCH_VARIANTS_H

#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

/* A pod on this node (NULL: any) that is isolated in both directions; NULL if there is none. */
const struct pod *variant_local_pod(const struct resolved *resolved, const char *node);

/* Of the pods that are not enforced, the one that is in most sets. */
const struct pod *variant_remote_pod(struct arena *arena, const struct resolved *resolved,
				     const struct ruleset *ruleset, const char *node);

/* A pod with all that @like has, but a name and addresses of its own. */
struct pod variant_pod(struct arena *arena, const struct pod *like);

/* The objects with the pod, or with a policy like the first of those that @local is under. */
struct objects variant_with_pod(const struct objects *objects, const struct pod *pod);
struct objects variant_with_policy(const struct resolved *resolved, const struct pod *local);

#endif
