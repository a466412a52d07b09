/*
 * Many rows in few words: "everyone except shop/debug".
 *
 * In:  rows, and which of them are meant.
 * Out: words that stand for them, and for no others.
 */
#ifndef NP2NFT_MATRIX_PHRASES_H
#define NP2NFT_MATRIX_PHRASES_H

#include "matrix_rows.h"

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

/* @mentions: an enum mention for each row. */
struct phrases phrases_of(struct arena *arena, const struct row *rows, size_t count,
			  const unsigned char *mentions);

/* Appends them; lines are begun with @indent blanks and end before @width, if it is not 0. */
void phrases_append(struct arena *arena, struct string *text, const struct phrases *phrases,
		    size_t indent, size_t width);

#endif
