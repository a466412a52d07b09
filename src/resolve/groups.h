/*
 * Which pods each policy selects, and which groups of pods are under the same policies.
 *
 * In:  policies, and the identities of pods (resolve/identity.h).  Out: groups.
 *
 * The hard idea: pairs of a policy and a pod are never written down, since there may be a hundred
 * million of them.  All policies that have the same selector in the same namespace form one class,
 * and so do all cluster policies with the same subject.  All pods of an identity are in the same
 * classes, so classes are looked up for identities, not for pods.
 */
#ifndef NP2NFT_RESOLVE_GROUPS_H
#define NP2NFT_RESOLVE_GROUPS_H

#include "base/bits.h"
#include "resolve/resolved.h"
#include "resolve/selectors.h"

struct selection;

/*
 * Returns the number of the namespace in which policies of the namespace @name are looked up.  For
 * a joint policy (@joint is not 0), which selects the pods that share that number, this is a
 * made-up namespace.
 */
uint32_t target_namespace(struct identities *identities, const char *name, uint32_t joint);

/* Finds out which policies select the identities of the pods on @node (NULL: of all pods). */
struct selection *select_pods(struct arena *arena, struct identities *identities,
			      const uint32_t *identity_of, const struct objects *objects,
			      const char *node);

/* Does the policy with this index select any pod? */
bool selects_pods(const struct selection *selection, size_t policy);
bool cluster_selects_pods(const struct selection *selection, size_t cluster_policy);

/*
 * Fills in resolved->groups and resolved->isolated, from resolved->grants.  With @all, each policy
 * and cluster policy that selects nobody gets a group, too.  @scratch may be freed afterwards.
 */
void make_groups(struct arena *arena, struct arena *scratch, const struct selection *selection,
		 bool all, struct resolved *resolved);

#endif
