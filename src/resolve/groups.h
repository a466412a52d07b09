/*
 * Which groups of pods are under the same policies.
 *
 * In:  which policies select which pods (resolve/policy_classes.h), and the grants of the policies.  Out:
 * groups, sorted.
 */
#ifndef NP2NFT_RESOLVE_GROUPS_H
#define NP2NFT_RESOLVE_GROUPS_H

#include "resolve/resolved.h"

struct selection;

/*
 * Fills in resolved->groups and resolved->isolated, from resolved->grants.  With @all, each policy
 * and cluster policy that selects nobody gets a group, too.  @scratch may be freed afterwards.
 */
void make_groups(struct arena *arena, struct arena *scratch, const struct selection *selection,
		 bool all, struct resolved *resolved);

#endif
