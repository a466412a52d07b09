/* A program that uses libnp2nft: prints the nftables table of the policies and pods in its arguments. */
#include <np2nft.h>
#include <stdio.h>

static int write_bytes(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, (FILE *)context) == len ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct np2nft_options options = {0};
	struct np2nft *n = np2nft_new(&options);
	enum np2nft_result result;
	size_t i;

	if (!n)
		return 1;
	result = np2nft_read(n, (const char *const *)argv + 1, (size_t)argc - 1);
	if (!result)
		result = np2nft_compile(n);
	if (!result)
		result = np2nft_print(n, write_bytes, stdout);
	for (i = 0; i < np2nft_diagnostic_count(n); i++) {
		const struct np2nft_diagnostic *said = np2nft_diagnostic(n, i);

		if (said->file)
			fprintf(stderr, "%s:%u: ", said->file, (unsigned)said->line);
		fprintf(stderr, "%s\n", said->text);
	}
	np2nft_free(n);
	return result ? 1 : 0;
}
