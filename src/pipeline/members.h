/*
 * The pods in a ruleset's sets of peers, as they come and go.
 *
 * In:  a structure without them (lower/lower.h), and a census.
 * Out: the sets' elements, and of one address those that it has today.
 *
 * The hard idea: an element is there because a definition means the pod that has the address, and who means a pod
 * is known by its identity.  So the elements of an address are found without a look at any set: they are those of
 * the sets that are made of what means the identity.
 *
 * None of this knows pods that share an address (model/share.h); who asks here makes sure that there are none.
 */
#ifndef NP2NFT_PIPELINE_MEMBERS_H
#define NP2NFT_PIPELINE_MEMBERS_H

#include "change/diff.h"
#include "pipeline/census.h"
#include "resolve/resolve.h"

/* A set of pods' addresses, which outlives rulesets as long as it means the same. */
struct member_set {
	struct set *set; /* in the ruleset that it belongs to now */
	size_t number;   /* there */
	enum family family;
	uint8_t *keys; /* sorted, as in the set */
	const char **comments;
	size_t count, size;
	bool fresh;            /* made with the ruleset */
	struct set gone, come; /* elements that differ from those of the ruleset before */
};

/* A set that has the addresses which a definition means, or of first matches, in which it counts. */
struct member_use {
	struct member_set *set;
	const struct definition *definition;
};

struct member_uses {
	struct member_use *items;
	size_t count;
};

struct members {
	struct arena *arena; /* that of the structure */
	struct ruleset *ruleset;
	const struct resolved *resolved;
	struct member_set **sets; /* by set; NULL: its elements are no pods that are peers */
	struct member_uses *uses; /* by selector of peers */
	size_t use_count;
	struct member_uses block_uses; /* of named ports of pods in blocks */
	struct member_uses node_uses;
	uint32_t *selector_of; /* by definition: that of peers which means its pods */
};

/* An element; elements of one address are sorted by set, then by key. */
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
 * The sets of peers of a structure that was made of @resolved, filled; those of @before (NULL: nothing) that are
 * made of the same definitions go on as they are.  They live in the census's arena, the rest in @arena.
 */
struct members *members_new(struct arena *arena, struct census *census, struct ruleset *ruleset,
			    const struct resolved *resolved, const struct members *before);

/* The elements that an address has today, in @arena. */
struct member_list members_of(const struct members *members, struct census *census,
			      struct arena *arena, uint32_t address);

/*
 * The elements of an address were @before, which may be of sets that are no more, and are @now: changes the sets,
 * and notes it in their gone and come, which are made in @arena.
 */
void members_change(const struct members *members, struct census *census, struct arena *arena,
		    const struct member_list *before, const struct member_list *now);

/* Leads the ruleset's sets to what their elements are now. */
void members_publish(struct members *members);

/* What was noted, for diff_with() and diff_of_elements(): of *count sets. */
struct known_set *members_known(const struct members *members, struct arena *arena, size_t *count);

/* Forgets what was noted. */
void members_forget(struct members *members);

#endif
