/*
 * Who is at the ends of connections in two worlds.
 *
 * In:  two worlds, paired (ask/pairs.h).
 * Out: rows that stand for the same in both, and those that only one has.
 */
#ifndef NP2NFT_ASK_COMPARE_ENDS_H
#define NP2NFT_ASK_COMPARE_ENDS_H

#include "ask/matrix/rows.h"
#include "ask/pairs.h"

/* Rows whose classes are these, in both. */
struct end_kind {
	/* Of the first row, and of another such party or the same once more. */
	struct party_pair pairs[2];
	bool alone; /* one pod, in both */
};

struct compare_ends {
	const struct party *parties; /* as they are shown: the new one, or else the old */
	const struct row *rows;      /* of these; their class: index to kinds */
	size_t row_count;
	const struct end_kind *kinds;
	size_t kind_count;
};

struct compare_ends compare_ends_of(struct arena *arena, const struct party_pairs *pairs);

#endif
