/* What a program of others does with the installed library: prints the ruleset of its arguments. */
#include <np2nft.h>

#include <stdio.h>

static int write_bytes(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct np2nft *n = np2nft_new(&(struct np2nft_options){0});
	int failed = np2nft_read(n, (const char *const *)argv + 1, (size_t)argc - 1) ||
		     np2nft_compile(n) || np2nft_print(n, write_bytes, stdout);

	for (size_t i = 0; i < np2nft_diagnostic_count(n); i++)
		fprintf(stderr, "%s\n", np2nft_diagnostic(n, i)->text);
	np2nft_free(n);
	return failed ? 1 : 0;
}
