/*
 * All that is answered about one kind of rows and all others, in short.
 *
 * In:  kinds of rows, and a function that answers about two of them.
 * Out: profiles: what each sort of others gets, and who of them gets something else.
 *
 * Kinds that are answered alike have equal profiles, byte by byte: of a sort, what most of it get is what the sort
 * gets.
 */
#ifndef NP2NFT_ASK_PROFILE_H
#define NP2NFT_ASK_PROFILE_H

#include "ask/rows.h"

struct asked {
	const struct kinds *kinds;
	/* What is said of what goes from one to the other; equal answers are the same pointer, never NULL. */
	const void *(*answer)(const void *context, uint32_t from, uint32_t to);
	/* Is there nothing to ask (a pod and itself)?  The answer is then what would fit in with others. */
	bool (*is_idle)(const void *context, uint32_t from, uint32_t to);
	bool (*is_worth_a_line)(const void *answer);
	/*
	 * By direction, as of alike_new(), and kind: what is worth a line about it as one of the others may be
	 * different from what is said of others of its sort.  NULL: of none.
	 */
	const bool *uneven[DIRECTIONS];
	/*
	 * By direction and kind: what is worth a line about others of a sort may be different, so that each of them
	 * is asked about.  NULL: of none.
	 */
	const bool *apart[DIRECTIONS];
	bool by_party; /* blocks stand in the order of parties, not of rows */
	const void *context;
};

struct exception {
	uint32_t kind;
	const void *answer;
};

struct profile {
	const void **of_sort;         /* see alike_sort() */
	struct exception *exceptions; /* by kind */
	size_t count;
};

struct profiles;

/* @direction: INGRESS: of what comes to a kind from others.  Lives in @arena. */
struct profiles *profiles_new(struct arena *arena, const struct asked *asked,
			      enum direction direction);

const struct alike *profiles_alike(const struct profiles *profiles);

/* Valid until the next call. */
const struct profile *profile_of(struct profiles *profiles, uint32_t kind);

/* What is said of the kind and another one, whatever the direction. */
const void *profiles_answer(const struct profiles *profiles, uint32_t kind, uint32_t other);

/*
 * Every pair of rows of which something is said that is worth a line, in the order of the rows that it comes from and
 * goes to.  Nothing is said of a pod and itself, nor between addresses.
 */
void asked_each(struct arena *arena, const struct asked *asked,
		void (*found)(void *context, size_t from, size_t to, const void *answer),
		void *context);

#endif
