/*
 * Keeps the elements of a ruleset's sets of peers, as pods come and go.
 *
 * In:  a structure without elements (lower/lower.h), and a census.  Out: the sets' elements, and
 * for an address the elements that it has today.
 *
 * The hard idea: an element is there because a definition means the pod that has the address, and
 * the pod's identity tells which definitions mean it.  So the elements of an address are found
 * without looking at any set: they belong to the sets that are made of the definitions which mean
 * the identity.  The elements that enforced pods have of their own, in maps for one, are told by
 * their identities, too (pipeline/enforced.h).
 *
 * Nothing here knows about pods that share an address (model/shared_address.h); the caller makes sure that
 * there are none.
 */
#ifndef NP2NFT_PIPELINE_MEMBERS_H
#define NP2NFT_PIPELINE_MEMBERS_H

#include "change/diff.h"
#include "pipeline/census.h"
#include "pipeline/enforced.h"
#include "resolve/resolved.h"

/*
 * A set that has the addresses of a definition; or a set of first matches, for which the definition
 * counts.
 */
struct member_use {
	struct member_set *set;
	const struct definition *definition;
};

struct member_uses {
	struct member_use *items;
	size_t count;
};

struct members {
	struct arena *arena; /* the arena of the structure */
	struct ruleset *ruleset;
	const struct resolved *resolved;
	struct enforced_pods enforced;
	struct member_set **sets; /* index: set; NULL: its elements are not addresses of pods */
	struct member_uses *uses; /* index: selector of peers */
	size_t use_count;
	struct member_uses block_uses; /* for named ports of pods in blocks */
	struct member_uses node_uses;
	uint32_t *selector_of; /* index: definition; the selector of peers that means its pods */
};

/*
 * Makes and fills the sets of peers of a structure that was made from @resolved.  Sets in @before
 * (may be NULL) that are made of the same definitions are kept as they are.  The sets of peers live
 * in the census's arena, the rest in @arena.
 */
struct members *members_new(struct arena *arena, struct census *census, struct ruleset *ruleset,
			    const struct resolved *resolved, const struct members *before);

/*
 * Takes over the sets and maps that have elements of enforced pods, which the structure was made
 * with.  @closed are the ranges in which it is closed, and must live as long as the members.
 */
void members_take_enforced(struct members *members, const struct census *census,
			   const struct pod_verdicts *verdicts, const struct closed_ranges *closed);

/* The elements that an address has today, in @arena. */
struct member_list members_of(const struct members *members, struct census *census,
			      struct arena *arena, uint32_t address);

/*
 * Changes the sets: an address had the elements @before, which may belong to sets that are gone,
 * and has the elements @now.  The difference is noted in gone and come of the sets, which grow in
 * @arena.
 */
void members_change(const struct members *members, struct arena *arena,
		    const struct member_list *before, const struct member_list *now);

/* Makes the ruleset's sets point to their current elements. */
void members_publish(struct members *members);

/* What was noted, for diff_with() and diff_of_elements(); *count is the number of sets. */
struct known_set *members_known(const struct members *members, struct arena *arena, size_t *count);

/* Forgets what was noted. */
void members_forget(struct members *members);

#endif
