/*
 * Summarises all answers about one kind of rows and all others.
 *
 * In:  kinds of rows, and a function that answers about two of them.  Out: profiles: the answer for
 * each sort of others, and the others that get another answer.
 *
 * Kinds with the same answers have equal profiles, byte by byte: the answer of a sort is the one
 * that most of it get.
 */
#ifndef NP2NFT_ASK_ALIKE_PROFILE_H
#define NP2NFT_ASK_ALIKE_PROFILE_H

#include "ask/alike/rows.h"

struct asked {
	const struct kinds *kinds;
	/*
	 * The answer about connections from one to the other.  Equal answers are the same pointer,
	 * which is never NULL.
	 */
	const void *(*answer)(const void *context, uint32_t from, uint32_t to);
	/*
	 * Is there nothing to ask, because it is a pod and itself? Then the answer is whatever fits
	 * in with the others.
	 */
	bool (*is_idle)(const void *context, uint32_t from, uint32_t to);
	bool (*is_worth_a_line)(const void *answer);
	/*
	 * Index: direction, as of alike_new(), and kind.  As one of the others, this kind may get
	 * another answer than its sort.  NULL: no kind does.
	 */
	const bool *uneven[DIRECTIONS];
	/*
	 * Index: direction and kind.  The answers of this kind may differ within a sort of others,
	 * so that each of them must be asked about.  NULL: this is so for no kind.
	 */
	const bool *apart[DIRECTIONS];
	bool by_party; /* blocks are in the order of parties, not of rows */
	const void *context;
};

struct exception {
	uint32_t kind;
	const void *answer;
};

struct profile {
	const void **of_sort;         /* see alike_sort() */
	struct exception *exceptions; /* by ascending kind */
	size_t count;
};

struct profiles;

/*
 * Makes profiles in @arena.  @direction INGRESS: they are about what comes to a kind from others.
 */
struct profiles *profiles_new(struct arena *arena, const struct asked *asked,
			      enum direction direction);

const struct alike *profiles_alike(const struct profiles *profiles);

/* The profile of a kind, which is valid until the next call. */
const struct profile *profile_of(struct profiles *profiles, uint32_t kind);

/* The answer about the kind and another one, in the direction of the profiles. */
const void *profiles_answer(const struct profiles *profiles, uint32_t kind, uint32_t other);

/*
 * Calls @found for every pair of rows whose answer is worth a line, sorted by the row from which
 * connections come, then by the row to which they go.  A pod and itself, and pairs of addresses,
 * have no answer.
 */
void asked_each(struct arena *arena, const struct asked *asked,
		void (*found)(void *context, size_t from, size_t to, const void *answer),
		void *context);

#endif
