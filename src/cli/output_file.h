/* Writes the file of -o. */
#ifndef NP2NFT_CLI_OUTPUT_FILE_H
#define NP2NFT_CLI_OUTPUT_FILE_H

#include "np2nft.h"

#include <stdbool.h>

/*
 * Is the file at @path one of the input's @files, by whatever name?  "-" stands for standard input.  Devices and
 * pipes are never the same.
 */
bool output_is_input(const char *path, const char *const *files, size_t count);

/*
 * Writes a ruleset to a file (NULL: standard output), which then has either the old or the new
 * content, never a part of it.  Returns an exit status, after a message if it is not 0.
 */
int print_ruleset(struct np2nft *n, const char *path);

#endif
