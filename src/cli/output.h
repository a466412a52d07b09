/*
 * The file of -o.
 */
#ifndef NP2NFT_CLI_OUTPUT_H
#define NP2NFT_CLI_OUTPUT_H

#include "np2nft.h"

/*
 * Writes the ruleset to a file: whole, or not at all.  A file that is there keeps its owner, as far as the kernel lets
 * it, and its rights without setuid and the like; of a link it is the file that it leads to, also if that is not
 * there yet.  A device or pipe is written to as it is.  Returns an exit status, after a message if it is not 0.
 */
int print_to_file(struct np2nft *n, const char *path);

#endif
