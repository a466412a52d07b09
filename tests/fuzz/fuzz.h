/*
 * What the fuzzers of tests/fuzz share: must(), and with FUZZ_SMOKE a program that takes files
 * instead of libFuzzer.
 */
#ifndef NP2NFT_TESTS_FUZZ_H
#define NP2NFT_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define fuzz_must(condition)                                                                       \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "broken promise: %s\n", #condition);                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#ifdef FUZZ_SMOKE
/* Tries each file, and each file cut off and with some of its bytes changed. */
int main(int argc, char **argv)
{
	static uint8_t bytes[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		const size_t len = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		fclose(file);
		LLVMFuzzerTestOneInput(bytes, len);
		for (size_t k = 1; k <= 64 && len; k++) {
			const size_t at = (k * 2654435761U) % len;
			const uint8_t before = bytes[at];

			LLVMFuzzerTestOneInput(bytes, at);
			bytes[at] = (uint8_t)(before ^ (1U << k % 8));
			LLVMFuzzerTestOneInput(bytes, len);
			bytes[at] = before;
		}
	}
	return 0;
}
#endif

#endif
