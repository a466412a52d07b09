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

#include "ask/alike/rows.h"

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

/* The columns of a terminal, and those for the ports that stand before the phrases of a line. */
#define TERMINAL_WIDTH 80
#define PORTS_WIDTH    18

/* Appends "to " (@word) and the phrases, as the rest of a line that has @indent columns already. */
void phrases_append_head(struct arena *arena, struct string *text, const char *word, size_t indent,
			 const struct phrases *phrases);

/*
 * Appends a line of a block: the ports, then @word and the phrases; a long list of ports has a line
 * of its own.
 */
void phrases_append_line(struct arena *arena, struct string *text, size_t indent, const char *ports,
			 const char *word, const struct phrases *phrases);

/* The phrases as one cell of a table in Markdown. */
const char *phrases_md(struct arena *arena, const struct phrases *phrases);

#endif
