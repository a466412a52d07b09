/*
 * What the commands do.  The table of commands in cli/main.c has these functions as frames, which read the input and
 * report, and as steps and changes, which they call between.
 *
 * In: arguments, and compilations that have been read.  Out: an answer on standard output, and an exit status.
 */
#ifndef NP2NFT_CLI_COMMANDS_H
#define NP2NFT_CLI_COMMANDS_H

#include "cli/arguments.h"

/* Frames: with a ruleset, without input, and with one input or two about which questions are asked. */
int with_ruleset(const struct arguments *arguments);
int without_input(const struct arguments *arguments);
int with_question(const struct arguments *arguments);
int with_both(const struct arguments *arguments);
int with_one_or_both(const struct arguments *arguments);

int compile_step(struct np2nft *n, const struct arguments *arguments);
int apply_step(struct np2nft *n, const struct arguments *arguments);
int diff_step(struct np2nft *n, const struct arguments *arguments);
int verify_step(struct np2nft *n, const struct arguments *arguments);
int status_step(struct np2nft *n, const struct arguments *arguments);
int delete_step(struct np2nft *n, const struct arguments *arguments);
int agent_step(struct np2nft *n, const struct arguments *arguments);

int explain_step(struct np2nft *n, const struct arguments *arguments);
int matrix_step(struct np2nft *n, const struct arguments *arguments);
int test_step(struct np2nft *n, const struct arguments *arguments);
int lint_step(struct np2nft *n, const struct arguments *arguments);
int graph_one_step(struct np2nft *n, const struct arguments *arguments);
int compare_step(struct np2nft *old, struct np2nft *new, const struct arguments *arguments);
int graph_step(struct np2nft *old, struct np2nft *new, const struct arguments *arguments);

#endif
