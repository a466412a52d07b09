/*
 * Finds what a change opens and closes, and which policies are the cause.
 *
 * In:  the rows of two worlds.  Out: for two kinds of them, what passes in one world and not in the
 * other.
 */
#ifndef NP2NFT_ASK_COMPARE_CHANGES_H
#define NP2NFT_ASK_COMPARE_CHANGES_H

#include "ask/compare/cause.h"
#include "ask/alike/profile.h"

/* Equal ones are the same pointer. */
struct ends_change {
	const struct passage *passage; /* what opened or closed; it may be nothing */
	const struct cause *causes;    /* there may be none, if an end is new or gone */
	size_t cause_count;
};

/*
 * What passes in one world only, and whose policies deny it in the other.  Equal ones are the same
 * pointer.
 */
struct effect {
	const struct passage *passage;
	bool by[DIRECTIONS]; /* INGRESS: the policies of the destination do */
};

struct change_lists;

/* Makes them in @arena. */
struct change_lists *changes_new(struct arena *arena, const struct rows *rows);

const struct kinds *changes_kinds(const struct change_lists *changes);

/*
 * How much is asked about what passes only in the world of @age (NEW: it was opened, OLD: it was
 * closed).
 */
enum depth {
	AS_CHANGES,  /* the answer is a struct ends_change */
	AS_EFFECTS,  /* the answer is a struct effect */
	AS_PASSAGES, /* the answer is a struct passage */
};

struct asked changes_asked(struct change_lists *changes, enum age age, enum depth depth);

/*
 * The causes, on the side of @direction, of what passes from one kind to another only in the world
 * of @age.
 */
struct cause_list changes_causes(struct change_lists *changes, enum age age,
				 enum direction direction, uint32_t from, uint32_t to);

#endif
