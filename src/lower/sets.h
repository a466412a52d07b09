/*
 * Makes the sets and maps of the ruleset.
 *
 * In:  definitions, and isolated pods with their verdicts.  Out: sets with sorted elements.  The
 * sets live in @arena; @scratch may be freed when they are made.
 */
#ifndef NP2NFT_LOWER_SETS_H
#define NP2NFT_LOWER_SETS_H

#include "lower/cells.h"
#include "resolve/resolved.h"
#include "ruleset/ruleset.h"

struct first_match;

/*
 * The addresses of pods, and behind them those of nodes, as they stand in sets.  So sets are made
 * without looking at pods.
 */
struct addr_forms {
	const uint8_t *keys[FAMILIES];      /* family_len() bytes for each address */
	const char *const *names[FAMILIES]; /* the names of the pods, for comments */
};

struct addr_forms lower_addr_forms(struct arena *arena, const struct resolved *resolved);

/*
 * Picks the definitions of one kind from a union; returns false if none of them can have addresses
 * of the family.
 */
bool union_of_kind(struct arena *arena, const struct resolved *resolved,
		   const struct peer_union *from, enum definition_kind kind, enum family family,
		   struct peer_union *of_kind);

/* The family of the addresses with which the set's keys begin. */
enum family set_family(const struct set *set);

/*
 * Makes a set of the addresses (or ranges, or addresses with ports) of definitions of one kind; it
 * is not for blocks that are compared (lower/blocks.h).  Ranges are in it, pods not yet.  *cut
 * tells whether its comment leaves out some definitions.
 */
struct set lower_peer_set(struct arena *arena, const struct resolved *resolved,
			  const struct peer_union *of_kind, enum definition_kind kind,
			  enum family family, enum direction direction, bool *cut);

/* Makes an empty set of first matches. */
struct set lower_first_set(struct arena *arena, const struct first_match *match, const char *name,
			   enum family family, enum direction direction);

/* Makes the set of the addresses that pods under cluster policies deny (resolved.mixed). */
struct set lower_mixed_set(struct arena *arena, const struct resolved *resolved,
			   const struct addr_forms *forms, enum family family);

/* The comment of an element that is the address of a node. */
const char *lower_node_name(struct arena *arena, const char *name);

/* Puts the pods that the set's definitions mean today into a set of peers. */
void lower_members(struct arena *arena, struct arena *scratch, const struct resolved *resolved,
		   const struct addr_forms *forms, struct set *set);

/*
 * Makes the map from the addresses of pods to the verdict of each pod.  Pods with VERDICT_NONE are
 * left out.
 */
struct set lower_pod_map(struct arena *arena, const struct resolved *resolved,
			 const struct addr_forms *forms, const char *name, enum family family,
			 enum direction direction, const struct verdict *verdict_of);

/* How many elements a map of pods has room for, if it has @count of them. */
uint32_t lower_map_size(size_t count);

/* Makes the set of lower_self_set(), empty. */
struct set lower_self_set_type(enum family family);

/*
 * Makes the set of the pairs of addresses with which a pod speaks to itself, for the pods that are
 * in one of the maps.
 */
struct set lower_self_set(struct arena *arena, struct arena *scratch,
			  const struct resolved *resolved, const struct addr_forms *forms,
			  enum family family, const struct verdict *const verdict_of[DIRECTIONS]);

#endif
