/* Begins what every command begins with: a compilation, and which files and rights it keeps. */
#include "cli/begin.h"

#include "cli/console.h"
#include "cli/output_file.h"
#include "cli/rights.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int trouble(enum np2nft_result result)
{
	if (result == NP2NFT_WRITE_FAILED)
		complain("standard output", strerror(errno));
	return EXIT_TROUBLE;
}

struct np2nft *begin(const struct np2nft_options *options)
{
	struct np2nft *n = np2nft_new(options);

	if (!n)
		exit(complain("out of memory", NULL));
	return n;
}

unsigned needs_of(const struct arguments *arguments)
{
	const struct command *command = arguments->command;

	if (command->takes & TAKES_AGENT)
		return RIGHT_KERNEL | RIGHT_NETWORK;
	if (command->takes & (TAKES_WAIT | TAKES_VERIFY) || !(command->takes & TAKES_INPUT))
		return RIGHT_KERNEL;
	if (command->formats & FORMAT(SVG))
		return RIGHT_PROGRAM;
	return arguments->output ? RIGHT_OUTPUT : 0;
}

/* Gives up the right to read other files than those of the input. */
static void keep_to_input(void *context, const char *const *files, size_t count)
{
	const struct arguments *arguments = context;

	rights_read_only(arguments->paths, arguments->path_count, files, count);
}

/* Ends the program, before anything is read, if the file of -o is one of the input. */
static void keep_input(void *context, const char *const *files, size_t count)
{
	const struct arguments *arguments = context;

	if (output_is_input(arguments->output, files, count))
		exit(complain(arguments->output,
			      "this file is part of the input, so nothing is written to it"));
}

struct np2nft *begin_with_input(const struct arguments *arguments, bool details, bool is_last)
{
	struct np2nft_options options = arguments->options;

	options.details = details;
	options.found_context = (void *)(uintptr_t)arguments;
	if (arguments->output)
		options.found = keep_input;
	else if (is_last && !(needs_of(arguments) & RIGHT_PROGRAM))
		options.found = keep_to_input;
	return begin(&options);
}
