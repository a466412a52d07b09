/*
 * Describes many rows in few words: "everyone except shop/debug".
 *
 * In:  rows, and which of them are meant.  Out: words that mean these rows and no others.
 *
 * The hard idea: many phrases are about nearly the same rows.  What most rows have in common is
 * counted once, as a base; a phrase then costs only what its rows that differ from the base cost,
 * and its names.
 */
#ifndef NP2NFT_ASK_MATRIX_PHRASES_H
#define NP2NFT_ASK_MATRIX_PHRASES_H

#include "ask/rows.h"

struct string;

enum mention {
	NOT_MEANT,
	MEANT,
	EITHER, /* the words may mean it or not */
};

/*
 * The phrases in this order, with blanks between them; a line may end behind each.  Without any,
 * nobody is meant.
 */
struct phrases {
	const char **items;
	size_t count;
};

struct phrase_tree;
struct phrase_base;

/* Finds out how the rows belong together. */
const struct phrase_tree *phrase_tree_new(struct arena *arena, const struct row *rows,
					  size_t count);

/* @mentions has an enum mention for each row. */
const struct phrase_base *phrase_base_new(struct arena *arena, const struct phrase_tree *tree,
					  const unsigned char *mentions);

/* A row that is mentioned in another way than in the base. */
struct mentioned {
	uint32_t row;
	enum mention mention;
};

/*
 * Describes the rows of the base, except for @changed, which are ascending and without repetitions.
 */
struct phrases phrases_of(struct arena *arena, const struct phrase_base *base,
			  const struct mentioned *changed, size_t count);

/* Appends the phrases.  Lines begin with @indent blanks and end before @width, if it is not 0. */
void phrases_append(struct arena *arena, struct string *text, const struct phrases *phrases,
		    size_t indent, size_t width);

#endif
