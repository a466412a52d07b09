/* Writes the file of -o. */
#ifndef NP2NFT_CLI_OUTPUT_H
#define NP2NFT_CLI_OUTPUT_H

#include "np2nft.h"

/*
 * Writes the ruleset to a file, either completely or not at all.  An existing file keeps its rights
 * (without setuid and the like), and its owner as far as the kernel permits.  If @path is a link,
 * the file to which it leads is written, even if that does not exist yet.  A device or pipe is
 * written to directly.  Returns an exit status, after a message if it is not 0.
 */
int print_to_file(struct np2nft *n, const char *path);

#endif
