/*
 * Keeps the elements of a ruleset's sets of peers, as pods come and go.
 *
 * In:  a structure without elements (lower/lower.h), and a census.  Out: the sets' elements, and
 * for an address the elements that it has today.
 *
 * The hard idea: an element is there because a definition means the pod that has the address, and
 * the pod's identity tells which definitions mean it.  So the elements of an address are found
 * without looking at any set: they belong to the sets that are made of the definitions which mean
 * the identity.
 *
 * Nothing here knows about pods that share an address (model/share.h); the caller makes sure that
 * there are none.
 */
#ifndef NP2NFT_PIPELINE_MEMBERS_H
#define NP2NFT_PIPELINE_MEMBERS_H

#include "change/diff.h"
#include "pipeline/census.h"
#include "resolve/resolved.h"

/* A set of pods' addresses.  It outlives rulesets for as long as it means the same. */
struct member_set {
	struct set *set; /* the set in the current ruleset */
	size_t number;   /* its index there */
	enum family family;
	uint8_t *keys; /* sorted, as in the set */
	const char **comments;
	size_t count, size;
	bool fresh; /* it was made together with the current ruleset */
	/* the elements by which it differs from the one in the ruleset before */
	struct set gone, come;
};

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
	struct member_set **sets; /* index: set; NULL: its elements are not pods that are peers */
	struct member_uses *uses; /* index: selector of peers */
	size_t use_count;
	struct member_uses block_uses; /* for named ports of pods in blocks */
	struct member_uses node_uses;
	uint32_t *selector_of; /* index: definition; the selector of peers that means its pods */
};

/* An element.  The elements of one address are sorted by set, then by key. */
struct member {
	struct member_set *set;
	uint8_t key[KEY_MAX];
	const char *comment;
};

struct member_list {
	struct member *items;
	size_t count;
};

/*
 * Makes and fills the sets of peers of a structure that was made from @resolved.  Sets in @before
 * (may be NULL) that are made of the same definitions are kept as they are.  The sets live in the
 * census's arena, the rest in @arena.
 */
struct members *members_new(struct arena *arena, struct census *census, struct ruleset *ruleset,
			    const struct resolved *resolved, const struct members *before);

/* The elements that an address has today, in @arena. */
struct member_list members_of(const struct members *members, struct census *census,
			      struct arena *arena, uint32_t address);

/*
 * Changes the sets: an address had the elements @before, which may belong to sets that are gone,
 * and has the elements @now.  The difference is noted in gone and come of the sets, which grow in
 * @arena.
 */
void members_change(const struct members *members, struct census *census, struct arena *arena,
		    const struct member_list *before, const struct member_list *now);

/* Makes the ruleset's sets point to their current elements. */
void members_publish(struct members *members);

/* What was noted, for diff_with() and diff_of_elements(); *count is the number of sets. */
struct known_set *members_known(const struct members *members, struct arena *arena, size_t *count);

/* Forgets what was noted. */
void members_forget(struct members *members);

#endif
