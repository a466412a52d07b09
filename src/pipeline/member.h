/*
 * The sets of a ruleset whose elements are addresses of pods, and single elements of them
 * (pipeline/members.h).
 */
#ifndef NP2NFT_PIPELINE_MEMBER_H
#define NP2NFT_PIPELINE_MEMBER_H

#include "base/addr.h"
#include "ruleset/ruleset.h"

/* A set of pods' addresses.  A set of peers outlives rulesets for as long as it means the same. */
struct member_set {
	struct arena *arena; /* where its elements live */
	struct set *set;     /* the set in the current ruleset */
	size_t number;       /* its index there */
	enum family family;
	uint8_t *keys; /* sorted, as in the set */
	const char **comments;
	struct verdict *verdicts; /* only of a map */
	size_t count, size;
	bool fresh; /* it was made together with the current ruleset */
	/* the elements by which it differs from the one in the ruleset before */
	struct set gone, come;
};

/* An element.  The elements of one address are sorted by set, then by key. */
struct member {
	struct member_set *set;
	uint8_t key[KEY_MAX];
	const char *comment;
	struct verdict verdict; /* only of a map */
};

struct member_list {
	struct member *items;
	size_t count;
};

size_t member_set_key_len(const struct member_set *set);

/* The order of two keys of a set, and of two elements of any sets. */
int member_set_compare_keys(const struct member_set *set, const uint8_t *a, const uint8_t *b);
int member_compare(const void *a, const void *b);

/* The place in the set where the key stands, or would stand. */
size_t member_set_place(const struct member_set *set, const uint8_t *key);

/* Puts an element at a place of its set; the second removes the one there. */
void member_set_put(struct member_set *set, size_t at, const struct member *member);
void member_set_take(struct member_set *set, size_t at);

/* Sorts the elements of a new set and removes repetitions. */
void member_set_sort(struct arena *arena, struct arena *scratch, struct member_set *set);

#endif
