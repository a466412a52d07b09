/*
 * The sets and maps of the ruleset: definitions and isolated pods to sorted elements.  What they are
 * stays in @arena; @scratch may go when they are made.
 */
#ifndef NP2NFT_LOWER_SETS_H
#define NP2NFT_LOWER_SETS_H

#include "lower/cells.h"
#include "resolve/resolve.h"
#include "ruleset/ruleset.h"

struct first_match;

/* How addresses of pods, and of nodes behind them, stand in sets, by address, so that a set is made without a look at pods. */
struct addr_forms {
	const uint8_t *keys[FAMILIES];      /* family_len() bytes each */
	const char *const *names[FAMILIES]; /* of the pods, as comments */
};

struct addr_forms lower_addr_forms(struct arena *arena, const struct resolved *resolved);

/* The definitions of one kind in a union; false if none of them has addresses of the family. */
bool union_of_kind(struct arena *arena, const struct resolved *resolved,
		   const struct peer_union *from, enum definition_kind kind, enum family family,
		   struct peer_union *of_kind);

/* The family of the addresses that the set's keys begin with. */
enum family set_family(const struct set *set);

/*
 * A set of the addresses (or ranges, or addresses with ports) of definitions of one kind: ranges are in it, pods
 * not yet.  It is for blocks that are not compared (lower/blocks.h).  *cut: its comment does not name all of the definitions.
 */
struct set lower_peer_set(struct arena *arena, const struct resolved *resolved,
			  const struct peer_union *of_kind, enum definition_kind kind,
			  enum family family, enum direction direction, bool *cut);

/* A set of first matches, empty. */
struct set lower_first_set(struct arena *arena, const struct first_match *match, const char *name,
			   enum family family, enum direction direction);

/* The addresses that pods under cluster policies deny (resolved.mixed). */
struct set lower_mixed_set(struct arena *arena, const struct resolved *resolved,
			   const struct addr_forms *forms, enum family family);

/* What stands for a node as the comment of an element. */
const char *lower_node_name(struct arena *arena, const char *name);

/* Puts the pods into a set of peers that the definitions of @resolved mean today. */
void lower_members(struct arena *arena, struct arena *scratch, const struct resolved *resolved,
		   const struct addr_forms *forms, struct set *set);

/* The map of pods' addresses to @verdict_of each pod; those with VERDICT_NONE are not in it. */
struct set lower_pod_map(struct arena *arena, const struct resolved *resolved,
			 const struct addr_forms *forms, const char *name, enum family family,
			 enum direction direction, const struct verdict *verdict_of);

/* The set of the next function, empty. */
struct set lower_self_set_type(enum family family);

/* The pairs of addresses with which a pod in one of the maps speaks to itself. */
struct set lower_self_set(struct arena *arena, struct arena *scratch,
			  const struct resolved *resolved, const struct addr_forms *forms,
			  enum family family, const struct verdict *const verdict_of[DIRECTIONS]);

#endif
