/*
 * What a change opens and closes, and which policies do it.
 *
 * In:  the rows of two worlds.
 * Out: for two kinds of them, what passes in one world and not in the other.
 */
#ifndef NP2NFT_ASK_COMPARE_CHANGES_H
#define NP2NFT_ASK_COMPARE_CHANGES_H

#include "ask/profile.h"

/* A policy that has part in it. */
struct cause {
	enum direction direction;
	const struct policy *policy;
	const struct tier_reason *rule; /* of a cluster policy: its rule; then there is no policy */
	enum age age;                   /* of the policy as it is meant */
	struct mark mark;               /* of the rule, or else of the policy */
	const char *text;               /* "policy shop/db lets it in (policies.yaml:12)" */
};

/* Equal ones are the same pointer. */
struct ends_change {
	const struct passage *passage; /* that opened or closed; maybe nothing */
	const struct cause *causes;    /* may be none: an end is new or gone */
	size_t cause_count;
};

/* What passes in one world alone, and whose policies stop it in the other.  Equal ones are the same pointer. */
struct effect {
	const struct passage *passage;
	bool by[DIRECTIONS]; /* INGRESS: those of the end that it goes to */
};

struct tier_reason;
struct change_lists;

/* Lives in @arena. */
struct change_lists *changes_new(struct arena *arena, const struct rows *rows);

const struct kinds *changes_kinds(const struct change_lists *changes);

/* Questions about what passes in the world of @age alone: NEW: opened; OLD: closed. */
enum depth {
	AS_CHANGES,  /* answered by a struct ends_change */
	AS_EFFECTS,  /* a struct effect */
	AS_PASSAGES, /* a struct passage */
};

struct asked changes_asked(struct change_lists *changes, enum age age, enum depth depth);

/* The causes on the side of @direction of what passes from one kind to another in the world of @age alone. */
struct cause_list {
	const struct cause *items;
	size_t count;
};

struct cause_list changes_causes(struct change_lists *changes, enum age age,
				 enum direction direction, uint32_t from, uint32_t to);

#endif
