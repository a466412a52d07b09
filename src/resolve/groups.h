/*
 * Which pods each policy selects, and from that the groups of pods that are under the same policies.
 *
 * The hard idea: pairs of a policy and a pod are never written down, since there may be a hundred million.
 * Policies with one selector in one namespace are one class, which has one list of pods; and all pods
 * begin as one, from which each class in turn splits those that it has.
 */
#ifndef NP2NFT_RESOLVE_GROUPS_H
#define NP2NFT_RESOLVE_GROUPS_H

#include "resolve/match.h"
#include "resolve/resolve.h"

struct selection;

/* Looks up the pods on @node (NULL: any node) that each policy selects. */
struct selection *select_pods(struct arena *arena, const struct match_index *index,
			      const struct objects *objects, const char *node);

/* Does the policy select any? */
bool selects_pods(const struct selection *selection, size_t policy);

/*
 * Fills in resolved->groups and resolved->isolated, from resolved->grants; @all: also a group for each
 * policy that selects nobody.  @scratch may go when it is done.
 */
void make_groups(struct arena *arena, struct arena *scratch, const struct selection *selection,
		 bool all, struct resolved *resolved);

#endif
