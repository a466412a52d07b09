/*
 * Feeds bytes to the whole pipeline, which reads, compiles and prints them; and once more with
 * details.
 *
 * scripts/fuzz runs it with libFuzzer; with FUZZ_SMOKE it is a program that takes files instead.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create() */
#endif

#include "np2nft.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "broken promise: %s\n", #condition);                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static int count_bytes(void *context, const char *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)context += len;
	return 0;
}

static size_t errors(struct np2nft *n)
{
	size_t count = 0;

	for (size_t i = 0; i < np2nft_diagnostic_count(n); i++)
		count += np2nft_diagnostic(n, i)->severity == NP2NFT_ERROR;
	return count;
}

static void run(const char *path, bool details)
{
	struct np2nft *n = np2nft_new(&(struct np2nft_options){.details = details});
	size_t printed = 0;

	if (np2nft_read(n, &path, 1)) {
		must(errors(n) > 0 && np2nft_compile(n) == -1);
		must(np2nft_print(n, count_bytes, &printed) == -1 && printed == 0);
	} else {
		must(errors(n) == 0 && np2nft_compile(n) == 0);
		must(np2nft_print(n, count_bytes, &printed) == 0 && printed > 0);
	}
	np2nft_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	char name[32];

	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	run(name, false);
	run(name, true);
	close(fd);
	return 0;
}

#ifdef FUZZ_SMOKE
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		static uint8_t bytes[1 << 20];
		FILE *file = fopen(argv[i], "rb");
		size_t len = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

		if (!file) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		fclose(file);
		/* Tries each file as a whole, and cut off at some places. */
		for (size_t k = 0; k < 16; k++)
			LLVMFuzzerTestOneInput(bytes, len - k * len / 16);
	}
	return EXIT_SUCCESS;
}
#endif
