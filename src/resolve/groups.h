/*
 * Which pods each policy selects, and from that the groups of pods that are under the same policies.
 *
 * In:  policies, and the identities of pods (resolve/identity.h).
 * Out: groups.
 *
 * The hard idea: pairs of a policy and a pod are never written down, since there may be a hundred million.
 * Policies with one selector in one namespace are one class, which is that selector's number, and so are cluster
 * policies with one subject; and what is under the same policies is found for identities, of which all pods are
 * under the same.
 */
#ifndef NP2NFT_RESOLVE_GROUPS_H
#define NP2NFT_RESOLVE_GROUPS_H

#include "base/bits.h"
#include "resolve/resolve.h"
#include "resolve/selectors.h"

struct selection;

/*
 * The number of the namespace in which policies of the namespace @name are looked up: for joint ones (not 0), which
 * select the pods that share that number, one that is made up.
 */
uint32_t target_namespace(struct identities *identities, const char *name, uint32_t joint);

/* Looks up which policies select the identities of pods on @node (NULL: of any). */
struct selection *select_pods(struct arena *arena, struct identities *identities,
			      const uint32_t *identity_of, const struct objects *objects,
			      const char *node);

/* Does the policy select any? */
bool selects_pods(const struct selection *selection, size_t policy);
bool cluster_selects_pods(const struct selection *selection, size_t cluster_policy);

/*
 * Fills in resolved->groups and resolved->isolated, from resolved->grants; @all: also a group for each
 * policy and cluster policy that selects nobody.  @scratch may go when it is done.
 */
void make_groups(struct arena *arena, struct arena *scratch, const struct selection *selection,
		 bool all, struct resolved *resolved);

#endif
