/*
 * Finds the word that somebody probably meant.
 *
 * In:  a word that nobody knows, and one after the other the words that are known.  Out: the known
 * word that is the fewest edits away from it, if so few that the word may be a slip.
 */
#ifndef NP2NFT_CLI_NEAREST_H
#define NP2NFT_CLI_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *wanted; /* the word that nobody knows; only its first @len bytes count */
	size_t len;
	const char *found; /* the nearest word so far; NULL: none is near */
	size_t edits;      /* how many edits lie between the two */
};

/* Looks at one known word.  Of words that are equally near, the first is kept. */
void nearest_look_at(struct nearest *nearest, const char *known);

#endif
