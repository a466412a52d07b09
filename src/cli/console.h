/*
 * Prints diagnostics to standard error, in the form of compilers, and answers to standard output.
 */
#ifndef NP2NFT_CLI_CONSOLE_H
#define NP2NFT_CLI_CONSOLE_H

#include "np2nft.h"

#define EXIT_TROUBLE 2

/* Prints "np2nft: error: WHAT: ABOUT"; @about may be NULL.  Returns EXIT_TROUBLE. */
int complain(const char *what, const char *about);

/* Prints "np2nft: warning: WHAT". */
void warn(const char *what);

/* Prints all diagnostics of a compilation; if @quiet, only the errors. */
void report(struct np2nft *n, bool quiet);

/* The writer for an answer in this format on standard output: on a terminal it may use colours. */
np2nft_writer writer_for(enum np2nft_format format);

#endif
