/*
 * The rows of an answer.  A row has pods of one owner that get the same answers, or a single party.
 *
 * In:  the parties of one world, or of two that are paired (ask/alike/pairs.h).  Out: rows, and kinds,
 * which are rows that get the same answers in both worlds.
 *
 * The hard idea: answers are about classes, so questions are asked about kinds, however many rows
 * and pods they have.
 */
#ifndef NP2NFT_ASK_ALIKE_ROWS_H
#define NP2NFT_ASK_ALIKE_ROWS_H

#include "ask/alike/alike.h"

struct row {
	/*
	 * Each row has its own: "Deployment shop/web (3 pods)", "shop/debug", "any other pod of
	 * shop", "203.0.113.0/24", "any other address" …
	 */
	const char *label;
	const char *namespace;   /* "" for pods of unnamed namespaces and for addresses outside */
	const uint32_t *parties; /* indices to rows.parties, ascending; there is at least one */
	size_t party_count;
	enum party_kind kind; /* that of its first party, and so are class and node */
	const char *node;     /* NULL: it is not the address of a node */
	uint32_t class;       /* as in rows.parties */
};

struct rows {
	const struct party_pairs *pairs;
	/*
	 * One for each pair, as it is shown: as in the new world, or else as in the old one.  Its
	 * class is one for both worlds.
	 */
	const struct party *parties;
	/* sorted by namespace and name; then pods of unnamed namespaces, then addresses */
	const struct row *items;
	size_t count;
	const uint32_t *of_party[AGES]; /* index: party of a world; its row */
	struct ports *ports;            /* for everything that is asked about them */
};

/*
 * Makes the rows in @arena.  @each_pod: every party has a row of its own.  @pairs must live as
 * long.
 */
struct rows rows_new(struct arena *arena, const struct party_pairs *pairs, bool each_pod);

/* The name of a PARTY_POD without its namespace. */
const char *pod_name(const struct party *pod);

/* Is the row a single pod, and is there no other like it in either world? */
bool row_is_one_pod(const struct rows *rows, size_t row);

/* Rows that get the same answers. */
struct kind {
	/* The first party, and another one; if there is only one, the same again. */
	struct party_pair pairs[2];
	bool alone;   /* it is a single pod, and there is no other like it in either world */
	bool outside; /* addresses */
	const uint32_t *rows;
	size_t row_count;
};

struct kinds {
	const struct rows *rows;
	struct kind *items; /* sorted by their first rows */
	size_t count;
	const uint32_t *of_row;
	struct alike_end *ends;    /* index: kind */
	struct sides *sides[AGES]; /* NULL: there is no such world */
};

/*
 * Makes the kinds.  @notes: index: row; rows with different notes are of different kinds; NULL: all
 * have the same.  @deciders must be of rows->ports; NULL: nobody asks who decides.
 */
struct kinds kinds_new(struct arena *arena, const struct rows *rows, const uint32_t *notes,
		       struct deciders *deciders);

/*
 * Is there nothing to ask, because it is a single pod and itself, which always passes, or because
 * both are addresses outside?
 */
bool kinds_are_idle(const struct kinds *kinds, uint32_t from, uint32_t to);

#endif
