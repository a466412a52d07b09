/* The commands that answer questions about policies, without a kernel. */
#include "cli/begin.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/write_bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Prints the errors as SARIF or JUnit's XML, if the answer was to be in that format: an empty file
 * would only say that something broke.
 */
static void print_refusal(struct np2nft *n, enum np2nft_format format)
{
	int fd = STDOUT_FILENO;

	if ((format == NP2NFT_SARIF || format == NP2NFT_JUNIT) &&
	    np2nft_refusal(n, format, write_bytes, &fd) == NP2NFT_WRITE_FAILED)
		complain("standard output", strerror(errno));
}

/* Reads an input about which questions are asked; returns NULL after reporting what is wrong. */
static struct np2nft *read_details(const struct arguments *arguments, const char *const *paths,
				   size_t count)
{
	const bool is_last = paths + count == arguments->paths + arguments->path_count;
	struct np2nft *n = begin_with_input(arguments, true, is_last);

	if (!np2nft_read(n, paths, count))
		return n;
	print_refusal(n, arguments->format);
	report(n, arguments->quiet);
	np2nft_free(n);
	return NULL;
}

/* Reads, asks the question, and reports. */
int with_question(const struct arguments *arguments)
{
	struct np2nft *n = read_details(arguments, arguments->paths, arguments->path_count);
	int answer;

	if (!n)
		return EXIT_TROUBLE;
	answer = arguments->command->step(n, arguments);
	report(n, arguments->quiet);
	np2nft_free(n);
	return answer;
}

int explain_step(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result;
	int fd = STDOUT_FILENO;
	bool allowed;

	result = np2nft_explain(n, arguments->from, arguments->to, arguments->port,
				arguments->format, writer_for(arguments->format), &fd, &allowed);
	return result ? trouble(result) : !allowed;
}

/* Notes the pods that --require-isolated cannot ask about. */
static void tell_host_pods(struct np2nft *n)
{
	const size_t count = np2nft_stats(n)->pods_on_host_network;

	if (count)
		fprintf(stderr,
			"np2nft: note: %zu %s of the input %s the network of %s node: no policy "
			"can "
			"isolate %s\n",
			count, count == 1 ? "pod" : "pods", count == 1 ? "uses" : "use",
			count == 1 ? "its" : "their", count == 1 ? "it" : "them");
}

int matrix_step(struct np2nft *n, const struct arguments *arguments)
{
	const struct np2nft_view view = {.format = arguments->format,
					 .in_namespace = arguments->namespace,
					 .pod = arguments->pod,
					 .port = arguments->port,
					 .each_pod = arguments->each_pod,
					 .denied = arguments->denied,
					 .isolated_by_tiers = arguments->isolated_by_tiers};
	enum np2nft_result result;
	int fd = STDOUT_FILENO;
	bool isolated;

	result = np2nft_matrix(n, &view, writer_for(arguments->format), &fd, &isolated);
	if (result)
		return trouble(result);
	if (arguments->require_isolated && !arguments->quiet)
		tell_host_pods(n);
	return arguments->require_isolated && !isolated;
}

int test_step(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result;
	size_t failed;
	int fd = STDOUT_FILENO;

	result = np2nft_test(n, arguments->format, writer_for(arguments->format), &fd, &failed);
	if (result) {
		print_refusal(n, arguments->format);
		return trouble(result);
	}
	return failed > 0;
}

/* Do the findings make the exit status 1? Without --fail-on, a warning does. */
static bool fails(const char *fail_on, size_t warnings, size_t notes)
{
	if (fail_on && !strcmp(fail_on, "never"))
		return false;
	return warnings || (fail_on && !strcmp(fail_on, "note") && notes);
}

int lint_step(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result;
	size_t warnings, notes;
	int fd = STDOUT_FILENO;

	result = np2nft_lint(n, arguments->format, writer_for(arguments->format), &fd, &warnings,
			     &notes);
	if (result) {
		print_refusal(n, arguments->format);
		return trouble(result);
	}
	return fails(arguments->fail_on, warnings, notes);
}

/* Runs a command that has two inputs, an old one and a new one. */
int with_both(const struct arguments *arguments)
{
	struct np2nft *old = read_details(arguments, &arguments->paths[0], 1);
	struct np2nft *new = old ? read_details(arguments, &arguments->paths[1], 1) : NULL;
	int answer = EXIT_TROUBLE;

	if (new)
		answer = arguments->command->change(old, new, arguments);
	if (new) {
		report(old, arguments->quiet);
		report(new, arguments->quiet);
	}
	np2nft_free(old);
	np2nft_free(new);
	return answer;
}

int compare_step(struct np2nft *old, struct np2nft *new, const struct arguments *arguments)
{
	enum np2nft_result result;
	size_t opened, closed;
	int fd = STDOUT_FILENO;

	result = np2nft_compare(old, new, arguments->format, writer_for(arguments->format), &fd,
				&opened, &closed);
	if (result)
		return trouble(result);
	if (!arguments->fail_on)
		return opened + closed > 0;
	return (!strcmp(arguments->fail_on, "opened") ? opened : closed) > 0;
}

int graph_step(struct np2nft *old, struct np2nft *new, const struct arguments *arguments)
{
	const struct np2nft_view view = {.format = arguments->format,
					 .in_namespace = arguments->namespace,
					 .pod = arguments->pod,
					 .port = arguments->port,
					 .denied = arguments->denied};
	enum np2nft_result result;
	int fd = STDOUT_FILENO;

	result = np2nft_graph(old, new, &view, write_bytes, &fd);
	return result ? trouble(result) : 0;
}

int graph_one_step(struct np2nft *n, const struct arguments *arguments)
{
	return graph_step(NULL, n, arguments);
}

int with_one_or_both(const struct arguments *arguments)
{
	return arguments->path_count == 2 ? with_both(arguments) : with_question(arguments);
}
