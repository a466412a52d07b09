/*
 * Standard error and the output: diagnostics as compilers print them, and an answer to where it belongs.
 */
#ifndef NP2NFT_CLI_CONSOLE_H
#define NP2NFT_CLI_CONSOLE_H

#include "np2nft.h"

#define EXIT_TROUBLE 2

/* "np2nft: error: WHAT: ABOUT"; @about may be NULL.  Returns EXIT_TROUBLE. */
int complain(const char *what, const char *about);

/* All diagnostics of a compilation; warnings and notes not if @quiet. */
void report(struct np2nft *n, bool quiet);

/* An np2nft_writer; @context is a pointer to a file descriptor. */
int write_bytes(void *context, const char *bytes, size_t len);

/* The writer for an answer on standard output in this format: a person's terminal gets colours. */
np2nft_writer writer_for(enum np2nft_format format);

/* A ruleset to a file (NULL: standard output), which has the old or the new content, never half. */
int print_ruleset(struct np2nft *n, const char *path);

#endif
