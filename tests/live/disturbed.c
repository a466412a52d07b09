/*
 * Applies policies in this process's network namespace; where it waits for packets the first time, between two
 * phases, a command is run:
 *
 *     disturbed COMMAND PATH...
 *
 * Exit status: np2nft's; 3 if it never waited.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall() */
#endif

#include "np2nft.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *command;

/* In place of the C library's: nothing that is linked here makes another call by it than membarrier(2). */
long syscall(long number, ...)
{
	if (number == SYS_membarrier && command) {
		const char *once = command;

		command = NULL;
		if (system(once))
			exit(4);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct np2nft_options options = {.default_namespace = "default",
						      .table = "np2nft"};
	struct np2nft *n = np2nft_new(&options);
	int failed;

	if (argc < 3)
		return 4;
	command = argv[1];
	failed = np2nft_read(n, (const char *const *)argv + 2, (size_t)argc - 2) ||
		 np2nft_compile(n) || np2nft_apply(n, NULL);
	np2nft_free(n);
	return failed ? 2 : command ? 3 : 0;
}
