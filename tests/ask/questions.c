/*
 * Answers many questions in one process, as `explain --format json` does: for explained.py.
 *
 *     questions NAMESPACE PATH...
 *
 * Each line of standard input is FROM, TO and PORT with blanks between.  Prints for each a line: the
 * answer, or "error: " and what is wrong.
 */
#include "np2nft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_bytes(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

static int ask(struct np2nft *n, char *line)
{
	const char *from = strtok(line, " \n"), *to = strtok(NULL, " \n"),
		   *port = strtok(NULL, " \n");
	bool allowed;

	if (!from || !to || !port)
		return -1;
	if (np2nft_explain(n, from, to, port, NP2NFT_JSON, write_bytes, stdout, &allowed))
		printf("error: %s\n", np2nft_diagnostic(n, np2nft_diagnostic_count(n) - 1)->text);
	return 0;
}

int main(int argc, char **argv)
{
	struct np2nft_options options = {.details = true};
	struct np2nft *n;
	char line[1024];
	int status = EXIT_SUCCESS;

	if (argc < 3)
		return EXIT_FAILURE;
	options.default_namespace = argv[1];
	n = np2nft_new(&options);
	if (np2nft_read(n, (const char *const *)argv + 2, (size_t)argc - 2))
		status = EXIT_FAILURE;
	while (status == EXIT_SUCCESS && fgets(line, sizeof(line), stdin))
		if (ask(n, line))
			status = EXIT_FAILURE;
	for (size_t i = 0; status == EXIT_FAILURE && i < np2nft_diagnostic_count(n); i++)
		fprintf(stderr, "%s\n", np2nft_diagnostic(n, i)->text);
	np2nft_free(n);
	return status;
}
