/*
 * Who is at the ends of connections in two worlds.
 *
 * In:  two worlds.
 * Out: rows that stand for the same in both, and those that only one has.
 *
 * The hard idea: pods come and go, but their name or their owner stays; addresses outside are cut by the blocks
 * of both worlds, so that each row is within one class of either.
 */
#ifndef NP2NFT_ASK_COMPARE_ENDS_H
#define NP2NFT_ASK_COMPARE_ENDS_H

#include "ask/matrix/rows.h"

enum age { OLD, NEW, AGES };

/* A party in two worlds. */
struct end_pair {
	const struct party *in[AGES]; /* NULL: there is none */
};

/* Rows whose classes are these, in both. */
struct end_kind {
	struct end_pair
		pairs[2]; /* of the first row, and of another such party or the same once more */
	bool alone;       /* one pod, in both */
};

struct compare_ends {
	const struct party *parties; /* as they are shown: the new one, or else the old */
	const struct row *rows;      /* of these; their class: index to kinds */
	size_t row_count;
	const struct end_kind *kinds;
	size_t kind_count;
};

struct compare_ends compare_ends_of(struct arena *arena, const struct world *old,
				    const struct world *new);

#endif
