/*
 * The sets and maps of the ruleset: definitions and isolated pods to sorted elements.
 */
#ifndef NP2NFT_LOWER_SETS_H
#define NP2NFT_LOWER_SETS_H

#include "lower_cells.h"
#include "resolve.h"
#include "ruleset.h"

/* The definitions of one kind in a union; false if none of them has addresses of the family. */
bool union_of_kind(struct arena *arena, const struct resolved *resolved,
		   const struct peer_union *from, enum definition_kind kind, enum family family,
		   struct peer_union *of_kind);

/*
 * A set of the addresses (or ranges, or addresses with ports) of definitions of one kind.  *cut: its
 * comment does not name all of them.
 */
struct set lower_peer_set(struct arena *arena, const struct resolved *resolved,
			  const struct peer_union *of_kind, enum definition_kind kind,
			  enum family family, enum direction direction,
			  const char *const *pod_names, bool *cut);

/* The map of pods' addresses to @verdict_of each pod; those with VERDICT_NONE are not in it. */
struct set lower_pod_map(struct arena *arena, const struct resolved *resolved, const char *name,
			 enum family family, enum direction direction,
			 const struct verdict *verdict_of, const char *const *pod_names);

/* The pairs of addresses with which a pod in one of the maps speaks to itself. */
struct set lower_self_set(struct arena *arena, const struct resolved *resolved, enum family family,
			  const struct verdict *verdict_of, const char *const *pod_names);

/* Namespace and name of each pod, as comments of its elements. */
const char **lower_pod_names(struct arena *arena, const struct resolved *resolved);

#endif
