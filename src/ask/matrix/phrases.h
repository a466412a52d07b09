/*
 * Many rows in few words: "everyone except shop/debug".
 *
 * In:  rows, and which of them are meant.
 * Out: words that stand for them, and for no others.
 *
 * The hard idea: many phrases are about nearly the same rows.  What is said of most rows is counted once, as a base;
 * a phrase then costs what its few rows cost that differ from the base, and the names that it has.
 */
#ifndef NP2NFT_ASK_MATRIX_PHRASES_H
#define NP2NFT_ASK_MATRIX_PHRASES_H

#include "ask/rows.h"

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

struct phrase_tree;
struct phrase_base;

/* Rows, and how they belong together. */
const struct phrase_tree *phrase_tree_new(struct arena *arena, const struct row *rows,
					  size_t count);

/* @mentions: an enum mention for each row. */
const struct phrase_base *phrase_base_new(struct arena *arena, const struct phrase_tree *tree,
					  const unsigned char *mentions);

/* A row that is mentioned in another way than the base says. */
struct mentioned {
	uint32_t row;
	enum mention mention;
};

/* The rows of the base, but for @changed, ascending and each once. */
struct phrases phrases_of(struct arena *arena, const struct phrase_base *base,
			  const struct mentioned *changed, size_t count);

/* Appends them; lines are begun with @indent blanks and end before @width, if it is not 0. */
void phrases_append(struct arena *arena, struct string *text, const struct phrases *phrases,
		    size_t indent, size_t width);

#endif
