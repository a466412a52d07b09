/* Writes the file of -o. */
#ifndef NP2NFT_CLI_OUTPUT_H
#define NP2NFT_CLI_OUTPUT_H

#include "np2nft.h"

/*
 * Writes a ruleset to a file (NULL: standard output), which then has either the old or the new
 * content, never a part of it.  Returns an exit status, after a message if it is not 0.
 */
int print_ruleset(struct np2nft *n, const char *path);

#endif
