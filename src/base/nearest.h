/*
 * Finds the word that somebody probably meant.
 *
 * In: a word that nobody knows, and one after the other the words that are known.  Out: the known word that is the
 * fewest edits away from it, if so few that the word may be a slip.  The program np2nft has this file, too, for words of
 * its command line: it needs nothing but the C library.
 */
#ifndef NP2NFT_BASE_NEAREST_H
#define NP2NFT_BASE_NEAREST_H

#include <stddef.h>

/*
 * The least number of edits that turn one word into the other, or SIZE_MAX if one has more than 63 bytes.  An edit
 * inserts, deletes or replaces a character, or swaps two neighbours.  Capital letters count as small ones.
 */
size_t edits_between(const char *a, const char *b);

struct nearest {
	const char *wanted; /* the word that nobody knows */
	const char *found;  /* the nearest word so far; NULL: none is near */
	size_t edits;       /* how many edits lie between the two */
};

/* Looks at one known word.  Of words that are equally near, the first is kept. */
void nearest_look_at(struct nearest *nearest, const char *known);

#endif
