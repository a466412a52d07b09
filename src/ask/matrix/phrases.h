/*
 * Many rows in few words: "everyone except shop/debug".
 *
 * In:  rows, and which of them are meant.
 * Out: words that stand for them, and for no others.
 */
#ifndef NP2NFT_ASK_MATRIX_PHRASES_H
#define NP2NFT_ASK_MATRIX_PHRASES_H

#include "ask/matrix/rows.h"

struct string;

enum mention {
	NOT_MEANT,
	MEANT,
	EITHER, /* the words may, but need not stand for it */
};

/* In this order, with blanks between; a line may end behind each.  None: nobody. */
struct phrases {
	const char **items;
	size_t count;
};

/* Rows, and how they belong together; for any number of phrases_of(), one after the other. */
struct phrase_tree {
	const struct row *rows;
	size_t count, pod_count;
	const uint32_t *namespace_end; /* by row */
	uint32_t *before[EITHER];      /* how many rows before each, and at all, are mentioned so */
};

struct phrase_tree phrase_tree_new(struct arena *arena, const struct row *rows, size_t count);

/* @mentions: an enum mention for each row. */
struct phrases phrases_of(struct arena *arena, const struct phrase_tree *tree,
			  const unsigned char *mentions);

/* Appends them; lines are begun with @indent blanks and end before @width, if it is not 0. */
void phrases_append(struct arena *arena, struct string *text, const struct phrases *phrases,
		    size_t indent, size_t width);

#endif
