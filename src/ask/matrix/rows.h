/*
 * The rows of the matrix, and what passes between two of them.
 *
 * In:  a world.
 * Out: rows: pods of one owner that everything is answered alike, or one party by itself; for two rows, what
 *      passes from the one to the other.
 *
 * The hard idea: a row's answers are those of its class, so that pairs of classes are asked, however many pods
 * are in them.
 */
#ifndef NP2NFT_ASK_MATRIX_ROWS_H
#define NP2NFT_ASK_MATRIX_ROWS_H

#include "ask/matrix/passages.h"

struct row {
	/*
	 * "Deployment shop/web (3 pods)", "shop/debug", "any other pod of shop", "203.0.113.0/24", "any other
	 * address" …; each row's its own.
	 */
	const char *label;
	const char *namespace;   /* "" for pods elsewhere and addresses outside */
	const uint32_t *parties; /* indexes to world->parties, ascending; never none */
	size_t party_count;
	enum party_kind kind; /* of the first of them, and so is the class */
	uint32_t class;
};

struct rows {
	const struct world *world;
	const struct row *items; /* by namespace and name; then pods elsewhere, then addresses */
	size_t count;
	const uint32_t *of_party; /* of each party its row */
	struct passages *passages;
};

/*
 * Parties with classes, by owner and class, in the order of struct rows; what `parties` of a row counts in is
 * @parties.
 */
struct row *rows_of(struct arena *arena, const struct party *parties, size_t party_count,
		    bool each_pod, size_t *count);

/* @each_pod: one for each party, whoever owns it. Lives in @arena, as the answers do. */
struct rows rows_new(struct arena *arena, const struct world *world, bool each_pod);

/* Of a PARTY_POD, without its namespace. */
const char *pod_name(const struct party *pod);

/* One pod, that there is no other like. */
bool row_is_one_pod(const struct rows *rows, const struct row *row);

/*
 * What passes from one row to another, by index; of a row to itself, from one of its pods to another.
 * Equal answers are the same pointer.  NULL where there is nothing to ask: from a single pod to itself,
 * which always passes, and between addresses outside.
 */
const struct passage *rows_passage(const struct rows *rows, size_t from, size_t to);

#endif
