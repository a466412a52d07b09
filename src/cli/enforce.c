/* The commands that make a ruleset of their input, or deal with the one in the kernel. */
#include "cli/begin.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output_file.h"
#include "cli/rights.h"
#include "cli/write_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void tell_stats(struct np2nft *n)
{
	const struct np2nft_stats *stats = np2nft_stats(n);

	fprintf(stderr, "np2nft: read: policies %zu, pods %zu, namespaces %zu\n", stats->policies,
		stats->pods, stats->namespaces);
	fprintf(stderr, "np2nft: isolated: pods %zu for ingress, %zu for egress; groups %zu\n",
		stats->isolated_ingress, stats->isolated_egress, stats->groups);
	fprintf(stderr, "np2nft: ruleset: %zu chains, %zu sets and maps\n", stats->chains,
		stats->sets);
	fprintf(stderr, "np2nft: bound: a new packet meets at most %zu look-ups\n",
		stats->most_lookups);
	fprintf(stderr, "np2nft: bound: %zu elements for %zu peers that rules name (%.2f times)\n",
		stats->elements, stats->peer_sum,
		stats->peer_sum ? (double)stats->elements / (double)stats->peer_sum : 0.0);
}

/*
 * Warns that the policies are enforced for no pod.  That is legal, since a cluster or a node may have none; but
 * more likely the pods were forgotten.
 */
static void tell_no_pods(struct np2nft *n, const char *node)
{
	const struct np2nft_stats *stats = np2nft_stats(n);
	const char *similar = stats->similar_node;
	char text[1024];

	if (!stats->policies || stats->pods_on_node)
		return;
	snprintf(text, sizeof(text),
		 "no pod of the input has the spec.nodeName %.300s, so nothing is "
		 "enforced%s%.300s%s",
		 node ? node : "", similar ? "; did you mean \"" : "", similar ? similar : "",
		 similar ? "\"?" : "");
	if (stats->pods)
		warn(text);
	else if (stats->pods_left_out)
		warn("all pods of the input are left out, so nothing is enforced");
	else
		warn("no pod in the input, so nothing is enforced");
}

static void tell_times(double began, double read, double compiled)
{
	fprintf(stderr, "np2nft: time: read %.1f ms, compile %.1f ms, emit %.1f ms\n", read - began,
		compiled - read, now_ms() - compiled);
}

/* Reads and compiles, calls the command's function, and reports. */
int with_ruleset(const struct arguments *arguments)
{
	struct np2nft *n = begin_with_input(arguments, false, true);
	double began = now_ms(), read, compiled;
	int status = EXIT_TROUBLE, failed;

	failed = np2nft_read(n, arguments->paths, arguments->path_count);
	read = now_ms();
	if (!failed)
		failed = np2nft_compile(n);
	compiled = now_ms();
	if (!arguments->output)
		rights_end_reading();
	if (!failed)
		status = arguments->command->step(n, arguments);
	report(n, arguments->quiet);
	if (status != EXIT_TROUBLE && !arguments->quiet)
		tell_no_pods(n, arguments->options.node);
	if (!failed && arguments->verbose) {
		tell_stats(n);
		tell_times(began, read, compiled);
	}
	np2nft_free(n);
	return status;
}

int compile_step(struct np2nft *n, const struct arguments *arguments)
{
	return print_ruleset(n, arguments->output);
}

int diff_step(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result;
	size_t changes;
	int fd = STDOUT_FILENO;

	(void)arguments;
	result = np2nft_diff(n, false, write_bytes, &fd, &changes);
	return result ? trouble(result) : changes > 0;
}

/* Shows on a terminal how far a proof has got. */
struct progress {
	bool shown;
	int percent;
};

static bool tell_progress(void *context, uint64_t done, uint64_t total)
{
	struct progress *progress = context;
	const int percent = total ? (int)(done * 100 / total) : 100;

	if (progress->shown && percent != progress->percent)
		fprintf(stderr, "\r%d %% of %llu comparisons at most%s", percent,
			(unsigned long long)total, percent == 100 ? "\r\x1b[K" : "");
	progress->percent = percent;
	return true;
}

int verify_step(struct np2nft *n, const struct arguments *arguments)
{
	struct progress progress = {.shown = isatty(STDERR_FILENO) && !arguments->quiet,
				    .percent = -1};
	enum np2nft_result result;
	int fd = STDOUT_FILENO;
	bool proved;

	result = np2nft_verify(n, arguments->compiled, arguments->format, tell_progress, &progress,
			       write_bytes, &fd, &proved);
	return result ? trouble(result) : !proved;
}

/*
 * Is there anything in the input? An empty one is more likely a pipe that broke than the wish to
 * enforce nothing.
 */
static bool has_input(struct np2nft *n)
{
	const struct np2nft_stats *stats = np2nft_stats(n);

	return stats->policies + stats->pods + stats->namespaces + stats->pods_left_out > 0;
}

static int write_to_file(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

/*
 * Prints what would be sent, and then the connections that would be ended.  These are found first,
 * since an answer is printed completely or not at all.
 */
static int dry_run(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result = NP2NFT_OK;
	char *endings = NULL;
	size_t len = 0;
	FILE *kept = open_memstream(&endings, &len);
	int fd = STDOUT_FILENO;

	if (!kept)
		return complain("out of memory", NULL);
	if (!arguments->options.no_revoke)
		result = np2nft_endings(n, write_to_file, kept);
	if (fclose(kept) && !result)
		result = NP2NFT_NO_MEMORY;
	if (!result)
		result = np2nft_diff(n, true, write_bytes, &fd, NULL);
	if (!result && write_bytes(&fd, endings, len))
		result = NP2NFT_WRITE_FAILED;
	free(endings);
	if (result == NP2NFT_NO_MEMORY)
		return complain("out of memory", NULL);
	return result ? trouble(result) : 0;
}

int apply_step(struct np2nft *n, const struct arguments *arguments)
{
	size_t changes;

	if (!has_input(n))
		return complain(
			"no policies, pods or namespaces in the input; `np2nft delete` removes "
			"the table",
			NULL);
	if (arguments->dry_run)
		return dry_run(n, arguments);
	if (np2nft_apply(n, &changes))
		return EXIT_TROUBLE;
	if (arguments->verbose)
		fprintf(stderr, "np2nft: applied: changes %zu\n", changes);
	return arguments->verify ? verify_step(n, arguments) : 0;
}

/* Runs a command that has no input. */
int without_input(const struct arguments *arguments)
{
	struct np2nft *n = begin(&arguments->options);
	int status = arguments->command->step(n, arguments);

	report(n, arguments->quiet);
	np2nft_free(n);
	return status;
}

int status_step(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result;
	int fd = STDOUT_FILENO;
	bool in_force;

	result = np2nft_status(n, arguments->format == NP2NFT_JSON, write_bytes, &fd, &in_force);
	return result ? trouble(result) : !in_force;
}

int delete_step(struct np2nft *n, const struct arguments *arguments)
{
	(void)arguments;
	return np2nft_delete(n) ? EXIT_TROUBLE : 0;
}

int agent_step(struct np2nft *n, const struct arguments *arguments)
{
	struct np2nft_agent_options options = arguments->agent;

	if (!arguments->options.node)
		return complain("agent needs --node NAME, the node's name in `kubectl get nodes`",
				NULL);
	options.log = write_to_file;
	options.log_context = stderr;
	options.verbose = arguments->verbose;
	return np2nft_agent(n, &options) ? EXIT_TROUBLE : 0;
}
