/*
 * Leads from arguments to a command, and from its answer to standard output.  Only files of cli/
 * print or end the process.
 */
#define _GNU_SOURCE /* O_PATH */

#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/flannel_arguments.h"
#include "cli/output_file.h"
#include "cli/rights.h"
#include "cli/write_bytes.h"

#include <errno.h>
#include <fcntl.h>
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
		 "no pod of the input has the spec.nodeName %.300s, so nothing is enforced%s%.300s%s",
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

/*
 * Reports an error, unless it is only that the answer could not be written; that is a diagnostic
 * otherwise.
 */
static int trouble(enum np2nft_result result)
{
	if (result == NP2NFT_WRITE_FAILED)
		complain("standard output", strerror(errno));
	return EXIT_TROUBLE;
}

/* Makes a new compilation; without memory for it the program ends. */
static struct np2nft *begin(const struct np2nft_options *options)
{
	struct np2nft *n = np2nft_new(options);

	if (!n)
		exit(complain("out of memory", NULL));
	return n;
}

#define FORMAT(name) (1U << NP2NFT_##name)

/* The rights that a command needs beside reading its input. */
static unsigned needs_of(const struct arguments *arguments)
{
	const struct command *command = arguments->command;

	if (command->takes & TAKES_AGENT)
		return RIGHT_KERNEL | RIGHT_NETWORK;
	if (command->takes & (TAKES_WAIT | TAKES_VERIFY) || !(command->takes & TAKES_INPUT))
		return RIGHT_KERNEL;
	if (command->formats & FORMAT(SVG))
		return RIGHT_PROGRAM;
	return arguments->output ? RIGHT_OUTPUT : 0;
}

/* Gives up the right to read other files than those of the input. */
static void keep_to_input(void *context, const char *const *files, size_t count)
{
	const struct arguments *arguments = context;

	rights_read_only(arguments->paths, arguments->path_count, files, count);
}

/* Ends the program, before anything is read, if the file of -o is one of the input. */
static void keep_input(void *context, const char *const *files, size_t count)
{
	const struct arguments *arguments = context;

	if (output_is_input(arguments->output, files, count))
		exit(complain(arguments->output,
			      "this file is part of the input, so nothing is written to it"));
}

/*
 * Makes a new compilation.  If it reads the last input, the right to read anything else is given up
 * then, except for graph, since graphviz reads files of its own, and for -o, whose file may have to
 * be read.
 */
static struct np2nft *begin_reading(const struct arguments *arguments, bool details, bool is_last)
{
	struct np2nft_options options = arguments->options;

	options.details = details;
	options.found_context = (void *)(uintptr_t)arguments;
	if (arguments->output)
		options.found = keep_input;
	else if (is_last && !(needs_of(arguments) & RIGHT_PROGRAM))
		options.found = keep_to_input;
	return begin(&options);
}

/* Reads and compiles, calls the command's function, and reports. */
static int with_ruleset(const struct arguments *arguments)
{
	struct np2nft *n = begin_reading(arguments, false, true);
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

static int compile_step(struct np2nft *n, const struct arguments *arguments)
{
	return print_ruleset(n, arguments->output);
}

static int diff_step(struct np2nft *n, const struct arguments *arguments)
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

static int verify_step(struct np2nft *n, const struct arguments *arguments)
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

static int apply_step(struct np2nft *n, const struct arguments *arguments)
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
static int without_input(const struct arguments *arguments)
{
	struct np2nft *n = begin(&arguments->options);
	int status = arguments->command->step(n, arguments);

	report(n, arguments->quiet);
	np2nft_free(n);
	return status;
}

static int status_step(struct np2nft *n, const struct arguments *arguments)
{
	enum np2nft_result result;
	int fd = STDOUT_FILENO;
	bool in_force;

	result = np2nft_status(n, arguments->format == NP2NFT_JSON, write_bytes, &fd, &in_force);
	return result ? trouble(result) : !in_force;
}

static int delete_step(struct np2nft *n, const struct arguments *arguments)
{
	(void)arguments;
	return np2nft_delete(n) ? EXIT_TROUBLE : 0;
}

static int agent_step(struct np2nft *n, const struct arguments *arguments)
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
	struct np2nft *n = begin_reading(arguments, true, is_last);

	if (!np2nft_read(n, paths, count))
		return n;
	print_refusal(n, arguments->format);
	report(n, arguments->quiet);
	np2nft_free(n);
	return NULL;
}

/* Reads, asks the question, and reports. */
static int with_question(const struct arguments *arguments)
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

static int explain_step(struct np2nft *n, const struct arguments *arguments)
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
			"np2nft: note: %zu %s of the input %s the network of %s node: no policy can "
			"isolate %s\n",
			count, count == 1 ? "pod" : "pods", count == 1 ? "uses" : "use",
			count == 1 ? "its" : "their", count == 1 ? "it" : "them");
}

static int matrix_step(struct np2nft *n, const struct arguments *arguments)
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

static int test_step(struct np2nft *n, const struct arguments *arguments)
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

static int lint_step(struct np2nft *n, const struct arguments *arguments)
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
static int with_both(const struct arguments *arguments)
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

static int compare_step(struct np2nft *old, struct np2nft *new, const struct arguments *arguments)
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

static int graph_step(struct np2nft *old, struct np2nft *new, const struct arguments *arguments)
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

static int graph_one_step(struct np2nft *n, const struct arguments *arguments)
{
	return graph_step(NULL, n, arguments);
}

static int with_one_or_both(const struct arguments *arguments)
{
	return arguments->path_count == 2 ? with_both(arguments) : with_question(arguments);
}

/* What every command takes that makes a ruleset of its input. */
#define TAKES_RULESET (TAKES_INPUT | TAKES_NODE | TAKES_TABLE | TAKES_SKIP)

static const struct command commands[] = {
	{"compile", TAKES_RULESET | TAKES_OUTPUT | TAKES_CLOSED, 0, with_ruleset, compile_step,
	 NULL, "print the ruleset as text that `nft -f` takes", "[OPTION]... PATH...",
	 "Prints the ruleset that the policies in PATH mean.  Exit status: 0; 2 it failed.\n\n"
	 "Example: np2nft compile policies/ > ruleset.nft"},
	{"apply", TAKES_RULESET | TAKES_APPLY | TAKES_WAIT | TAKES_GUARD | TAKES_CLOSED, 0,
	 with_ruleset, apply_step, NULL,
	 "make the ruleset the kernel's table, sending only what differs", "[OPTION]... PATH...",
	 "Makes the table in the kernel what `compile` prints, then ends the tracked connections\n"
	 "that the policies no longer allow.  Exit status: 0; 1 --verify finds a difference;\n"
	 "2 it failed.\n\n"
	 "Example: kubectl get pods,namespaces,networkpolicies -A -o yaml |\n"
	 "             np2nft apply --node \"$(hostname)\" -"},
	{"diff", TAKES_RULESET | TAKES_WAIT | TAKES_GUARD | TAKES_CLOSED, 0, with_ruleset,
	 diff_step, NULL, "print how the kernel's table differs, as commands for `nft -f`",
	 "[OPTION]... PATH...",
	 "Prints how the table in the kernel differs from the ruleset that the policies mean, as\n"
	 "commands for `nft -f`.  Exit status: 0 it is the same; 1 it differs; 2 it "
	 "failed.\n\nExample: np2nft diff policies/ || np2nft apply policies/"},
	{"verify", TAKES_RULESET | TAKES_VERIFY | TAKES_CLOSED, FORMAT(TEXT) | FORMAT(JSON),
	 with_ruleset, verify_step, NULL,
	 "prove that the kernel's table does what the policies say", "[OPTION]... PATH...",
	 "Reads the table back from the kernel and compares its verdicts with those of the\n"
	 "policies' words: one packet for all addresses that are treated alike and each range of\n"
	 "ports with the same answer, so that nothing is left out.  Each difference is shown as a\n"
	 "packet with both reasons.  Exit status: 0 proved; 1 they differ; 2 it failed.\n\n"
	 "Example: np2nft verify --node \"$(hostname)\" policies/"},
	{"status", TAKES_TABLE, FORMAT(TEXT) | FORMAT(JSON), without_input, status_step, NULL,
	 "print what is in force: pods, policies, denied packets (no PATH)", "[OPTION]...",
	 "Prints what is in force, since when and from what, and the packets denied by group.\n"
	 "Exit status: 0; 1 nothing is in force, or somebody altered it; 2 it failed.\n\nExample: "
	 "np2nft status --format "
	 "json"},
	{"delete", TAKES_TABLE | TAKES_WAIT, 0, without_input, delete_step, NULL,
	 "remove the table, and nothing else (no PATH)", "[OPTION]...",
	 "Removes the table.  Exit status: 0, also if there is none; 2 it failed.\n\n"
	 "Example: np2nft delete"},
	{"agent", TAKES_TABLE | TAKES_NODE | TAKES_GUARD | TAKES_CLOSED | TAKES_AGENT, 0,
	 without_input, agent_step, NULL,
	 "watch a cluster, and keep the node's table up to date (no PATH)",
	 "--node NAME [OPTION]...",
	 "Watches the pods, namespaces, nodes and policies of an API server, and updates the "
	 "table\n"
	 "in the kernel after each change.  Writes a log to standard error, a JSON object in each\n"
	 "line.  Ends on SIGTERM; the table stays.  Exit status: 0; 2 it could not begin.\n\n"
	 "Example: np2nft agent --node worker-1 --kubeconfig /etc/np2nft/kubeconfig"},
	{"explain", TAKES_INPUT | TAKES_QUESTION | TAKES_PORT, FORMAT(TEXT) | FORMAT(JSON),
	 with_question, explain_step, NULL, "say whether a connection is allowed, and why",
	 "--from PEER --to PEER --port PORT [OPTION]... PATH...",
	 "Says whether the connection is allowed, and names the rules that allow it, or the\n"
	 "policies that deny it and why none of their rules allows it.  A PEER is NAMESPACE/POD,\n"
	 "an address, or KIND/NAMESPACE/NAME of a Service or workload.  Exit status: 0 allowed;\n"
	 "1 denied, or it depends on an address that nobody knows yet; 2 it failed.\n\n"
	 "Example: np2nft explain --from shop/web-1 --to shop/db-0 --port 5432/TCP policies/"},
	{"matrix", TAKES_INPUT | TAKES_PORT | TAKES_FILTER | TAKES_MATRIX,
	 FORMAT(TEXT) | FORMAT(JSON) | FORMAT(CSV) | FORMAT(MD), with_question, matrix_step, NULL,
	 "print who reaches whom on which ports", "[OPTION]... PATH...",
	 "Prints who reaches whom on which ports.  Exit status: 0; 1 some pod is not isolated, "
	 "with\n"
	 "--require-isolated; 2 it failed.\n\nExample: np2nft matrix --namespace shop policies/"},
	{"compare", TAKES_INPUT | TAKES_TWO | TAKES_FAIL_ON,
	 FORMAT(TEXT) | FORMAT(JSON) | FORMAT(MD), with_both, NULL, compare_step,
	 "print which connections a change of policies opens and closes", "[OPTION]... OLD NEW",
	 "Prints the connections that NEW allows and OLD does not, and the reverse, each with the\n"
	 "policies that are the reason.  Exit status: 0 there are none; 1 there are some;\n"
	 "2 it failed.\n\n"
	 "Example: np2nft compare --format md --fail-on opened old/ new/"},
	{"test", TAKES_INPUT, FORMAT(TEXT) | FORMAT(TAP) | FORMAT(JUNIT), with_question, test_step,
	 NULL, "judge the expectations that stand beside the policies", "[OPTION]... PATH...",
	 "Judges the Expectations (np2nft/v1) in PATH.  Exit status: 0 all hold; 1 some do not;\n"
	 "2 it failed.\n\n"
	 "Example: np2nft test --format tap policies/"},
	{"graph", TAKES_INPUT | TAKES_PORT | TAKES_FILTER | TAKES_ONE_MORE, FORMAT(SVG) | FORMAT(DOT) | FORMAT(HTML),
	 with_one_or_both, graph_one_step, graph_step, "draw who reaches whom",
	 "--format svg|dot|html [OPTION]... PATH [NEW]",
	 "Draws who reaches whom; with two PATHs also what the change from PATH to NEW opens and\n"
	 "closes.  Exit status: 0; 2 it failed.\n\n"
	 "Example: np2nft graph --format html policies/ > policies.html"},
	{"lint", TAKES_INPUT | TAKES_FAIL_ON | TAKES_IGNORE,
	 FORMAT(TEXT) | FORMAT(JSON) | FORMAT(SARIF), with_question, lint_step, NULL,
	 "find what is legal but surely not meant", "[OPTION]... PATH...",
	 "Prints findings, each with file, line, reason and remedy.  Exit status: 0 there are no\n"
	 "warnings; 1 there are some (or what --fail-on says); 2 it failed.\n\nExample: np2nft "
	 "lint --format sarif policies/ > "
	 "lint.sarif"},
	{0},
};

/* Prints the message at once, and not among the diagnostics at the end. */
static void tell_waiting(void *context, const char *text)
{
	(void)context;
	fprintf(stderr, "np2nft: note: %s\n", text);
}

/*
 * Takes the number of each standard stream that the caller has closed.  Else a file or a socket would get it, and
 * with it what is meant for a reader.  Reading and writing there fails, as it does with a closed stream.
 */
static int keep_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) != fd)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	const char *error;
	int status;

	if (keep_streams())
		return complain("a standard stream", strerror(errno));
	netpol_arguments(&argc, &argv);
	error = arguments_read(argc, argv, commands, &arguments);
	if (error)
		return complain(error, NULL);
	if (arguments.help && arguments_help(commands, arguments.command))
		return complain("standard output", strerror(errno));
	if (arguments.version && (printf("np2nft %s\n", np2nft_version()) < 0 || fflush(stdout)))
		return complain("standard output", strerror(errno));
	if (arguments.help || arguments.version)
		return 0;
	if (!arguments.quiet)
		arguments.options.waiting = tell_waiting;
	if (rights_begin(needs_of(&arguments), arguments.options.table))
		return complain("no second process, to speak to the kernel", strerror(errno));
	status = arguments.command->frame(&arguments);
	if (rights_end())
		return complain("the process that speaks to the kernel has ended", NULL);
	return status;
}
