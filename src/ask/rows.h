/*
 * The rows of an answer: pods of one owner that everything is answered alike, or one party by itself.
 *
 * In:  the parties of one world, or of two that are paired (ask/pairs.h).
 * Out: rows, and kinds: rows that are answered alike in both worlds.
 *
 * The hard idea: an answer is about classes, so that kinds are asked about, however many rows and pods are in them.
 */
#ifndef NP2NFT_ASK_ROWS_H
#define NP2NFT_ASK_ROWS_H

#include "ask/alike.h"

struct row {
	/*
	 * "Deployment shop/web (3 pods)", "shop/debug", "any other pod of shop", "203.0.113.0/24", "any other
	 * address" …; each row's its own.
	 */
	const char *label;
	const char *namespace;   /* "" for pods elsewhere and addresses outside */
	const uint32_t *parties; /* indices to rows.parties, ascending; never none */
	size_t party_count;
	enum party_kind kind; /* of the first of them, and so are the class and the node */
	const char *node;     /* NULL: it is no node's address */
	uint32_t class;       /* as of rows.parties */
};

struct rows {
	const struct party_pairs *pairs;
	/*
	 * One for each pair, as it is shown: as the new world has it, or else the old one.  Its class is one of
	 * both worlds.
	 */
	const struct party *parties;
	const struct row *items; /* by namespace and name; then pods elsewhere, then addresses */
	size_t count;
	const uint32_t *of_party[AGES]; /* of each party of a world its row */
	struct ports *ports;            /* for all that is asked about them */
};

/* @each_pod: a row for each party, whoever owns it.  Lives in @arena; @pairs must stay as long. */
struct rows rows_new(struct arena *arena, const struct party_pairs *pairs, bool each_pod);

/* Of a PARTY_POD, without its namespace. */
const char *pod_name(const struct party *pod);

/* One pod, that there is no other like in either world. */
bool row_is_one_pod(const struct rows *rows, size_t row);

/* Rows that are answered alike. */
struct kind {
	/* Of the first row, and of another such party or the same once more. */
	struct party_pair pairs[2];
	bool alone;   /* one pod, that there is no other like in either world */
	bool outside; /* addresses */
	const uint32_t *rows;
	size_t row_count;
};

struct kinds {
	const struct rows *rows;
	struct kind *items; /* by their first rows */
	size_t count;
	const uint32_t *of_row;
	struct alike_end *ends;    /* by kind */
	struct sides *sides[AGES]; /* NULL: there is no such world */
};

/*
 * @notes: by row; rows with different notes are of different kinds.  NULL: all have the same.  @deciders: of rows->ports;
 * NULL: nobody asks who decides.
 */
struct kinds kinds_new(struct arena *arena, const struct rows *rows, const uint32_t *notes,
		       struct deciders *deciders);

/* Is there nothing to ask: from a single pod to itself, which always passes, or between addresses outside? */
bool kinds_are_idle(const struct kinds *kinds, uint32_t from, uint32_t to);

#endif
