/*
 * Applies policies in this process's network namespace, and runs a command between two phases:
 * where apply waits for packets for the first time.
 *
 *     disturbed COMMAND PATH...
 *
 * The exit status is np2nft's, or 3 if apply never waited.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall() */
#endif

#include "np2nft.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *command;

/*
 * This replaces the syscall() of the C library.  Nothing that is linked here calls it for anything
 * but membarrier(2).
 */
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
