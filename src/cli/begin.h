/*
 * Begins what every command begins with.
 *
 * In: arguments.  Out: a compilation that reads and writes no other files than the command should, and the rights that
 * the command needs.
 */
#ifndef NP2NFT_CLI_BEGIN_H
#define NP2NFT_CLI_BEGIN_H

#include "cli/arguments.h"

#include <stdbool.h>

/* The bit of a format in a command's formats. */
#define FORMAT(name) (1U << NP2NFT_##name)

/* The rights (cli/rights.h) that a command needs beside reading its input, as bits. */
unsigned needs_of(const struct arguments *arguments);

/* Makes a new compilation, which the caller frees; without memory for it the program ends. */
struct np2nft *begin(const struct np2nft_options *options);

/*
 * Makes a new compilation that is to read input, which the caller frees.  @details: questions are asked about it;
 * @is_last: no other input is read after it.  If it reads the last input, the right to read anything else is given up
 * then, except for graph, since graphviz reads files of its own, and for -o, whose file may have to be read.
 */
struct np2nft *begin_with_input(const struct arguments *arguments, bool details, bool is_last);

/*
 * Reports an error, unless it is only that the answer could not be written; that is a diagnostic otherwise.  Returns
 * EXIT_TROUBLE.
 */
int trouble(enum np2nft_result result);

#endif
