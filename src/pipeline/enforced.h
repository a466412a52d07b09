/*
 * The elements that enforced pods have of their own: in the maps that lead to the chains of their
 * policies, among the pairs of a pod and itself, and among the known addresses of closed ranges.
 *
 * In:  a structure (lower/lower.h), with the verdicts of its pods, and a census.  Out: the elements
 * of an address; and whether the structure is still right when enforced pods have come and gone.
 *
 * The hard idea: enforced pods of one identity are in the same groups, so one of them tells the
 * verdicts of all.  As long as the same identities are there, chains stay as they are, and a pod
 * only brings its elements or takes them away.
 */
#ifndef NP2NFT_PIPELINE_ENFORCED_H
#define NP2NFT_PIPELINE_ENFORCED_H

#include "lower/closed_ranges.h"
#include "lower/lower.h"
#include "pipeline/census.h"
#include "pipeline/member.h"

/* What all enforced pods of an identity have, if policies select them. */
struct enforced_identity {
	struct verdict verdicts[DIRECTIONS], to_node;
	bool is_isolated[DIRECTIONS];
};

/* NULL: the ruleset has no such set. */
struct enforced_sets {
	struct member_set *maps[DIRECTIONS][FAMILIES], *to_node[FAMILIES], *self[FAMILIES],
		*known[FAMILIES];
};

struct enforced_pods {
	struct enforced_sets sets;
	const struct closed_ranges *closed_ranges;
	uint32_t *number_of; /* index: identity; index to @items, or TABLE_NONE */
	size_t number_count;
	struct enforced_identity *items;
	size_t count;
	bool are_stale; /* pods have got other identities since */
};

/* Finds the verdicts of all identities of a structure's pods; @enforced has no sets yet. */
void enforced_find(struct enforced_pods *enforced, struct arena *arena, const struct census *census,
		   const struct resolved *resolved, const struct pod_verdicts *verdicts);

/* Adds the elements that an address of a pod has to the list, which grows in @arena. */
void enforced_add(const struct enforced_pods *enforced, const struct census *census,
		  struct arena *arena, uint32_t pod, const struct addr *addr, const char *comment,
		  struct member_list *list);

/*
 * May the structure stay, although enforced pods have come, gone or changed? If so, the ruleset's
 * stats count the pods of today.
 */
bool enforced_stay(const struct enforced_pods *enforced, const struct census *census,
		   struct ruleset *ruleset);

#endif
