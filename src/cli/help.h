/*
 * Help texts.
 *
 * In: the table of commands.  Out: text on standard output, in which each option's words are those of its table.
 */
#ifndef NP2NFT_CLI_HELP_H
#define NP2NFT_CLI_HELP_H

#include "cli/arguments.h"

/*
 * Prints the help of a command with the options that it takes, or (@command is NULL) that of the
 * program, to standard output.
 */
int arguments_help(const struct command *commands, const struct command *command);

#endif
