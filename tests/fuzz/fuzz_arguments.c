/*
 * Feeds the parser of the command line with arguments that are separated by NULs.  A small cluster
 * is also asked about the first three, as --from, --to and --port.
 */
#define _GNU_SOURCE /* as main.c does */

#include "fuzz.h"

int np2nft_main(int argc, char **argv);

#define main np2nft_main
#include "../../src/cli/main.c"
#undef main

#include <getopt.h>

#define ARGUMENTS_MAX 32

static const char cluster[] =
	"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":["
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"shop\",\"name\":"
	"\"web-1\","
	"\"labels\":{\"app\":\"web\"}},\"status\":{\"podIP\":\"10.0.0.1\"}},"
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"shop\",\"name\":"
	"\"db-0\","
	"\"labels\":{\"app\":\"db\"}},\"status\":{\"podIP\":\"10.0.0.2\"}},"
	"{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{"
	"\"namespace\":\"shop\",\"name\":\"db\"},\"spec\":{\"podSelector\":{\"matchLabels\":{"
	"\"app\":\"db\"}},"
	"\"ingress\":[{\"from\":[{\"podSelector\":{}}],\"ports\":[{\"port\":5432}]}]}}]}";

static int count_bytes(void *context, const char *bytes, size_t len)
{
	(void)bytes;
	*(size_t *)context += len;
	return 0;
}

static void question(const char *from, const char *to, const char *port)
{
	struct np2nft *n = np2nft_new(&(struct np2nft_options){.details = true});
	const struct np2nft_view view = {.format = NP2NFT_TEXT, .pod = from, .port = port};
	size_t written = 0;
	bool answer;

	fuzz_must(n && !np2nft_read_memory(n, "cluster", cluster, sizeof(cluster) - 1));
	if (np2nft_explain(n, from, to, port, NP2NFT_JSON, count_bytes, &written, &answer))
		fuzz_must(np2nft_diagnostic_count(n) && !written);
	else
		fuzz_must(written);
	written = 0;
	if (np2nft_matrix(n, &view, count_bytes, &written, &answer))
		fuzz_must(np2nft_diagnostic_count(n) && !written);
	np2nft_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static char program[] = "np2nft";
	char *text = malloc(len + 1), *argv[ARGUMENTS_MAX + 2] = {program}, *asked[ARGUMENTS_MAX];
	struct arguments arguments = {0};
	int argc = 1;

	fuzz_must(text);
	memcpy(text, bytes, len);
	text[len] = '\0';
	for (char *at = text; at <= text + len && argc <= ARGUMENTS_MAX; at += strlen(at) + 1)
		argv[argc++] = at;
	memcpy(asked, argv + 1, sizeof(asked));
	if (argc > 3)
		question(asked[0], asked[1], asked[2]);
	optind = 0;
	opterr = 0;
	if (!arguments_read(argc, argv, commands, &arguments))
		fuzz_must(arguments.help || arguments.version || arguments.command);
	free(text);
	return 0;
}
