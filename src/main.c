/*
 * The command line: arguments to a command, diagnostics to standard error, answers to standard output.
 * The only file that prints or exits.
 */
#include "np2nft.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXIT_TROUBLE 2

struct arguments {
	struct np2nft_options options;
	const char *output; /* NULL: standard output */
	bool quiet, verbose, dry_run;
	const char *const *paths;
	size_t path_count;
};

static const char usage[] =
	"Usage: np2nft COMMAND [OPTION]... PATH...\n"
	"Kubernetes NetworkPolicies as one nftables table.\n"
	"\n"
	"Commands:\n"
	"  compile     print the ruleset as text that `nft -f` takes\n"
	"  apply       bring the kernel's table to it, sending only what differs, atomically\n"
	"  diff        print how the kernel's table differs, as commands for `nft -f`\n"
	"  delete      remove the table, and nothing else (no PATH)\n"
	"\n"
	"A PATH is a file, a folder (its *.yaml, *.yml and *.json, subfolders too), or - for "
	"standard\n"
	"input: policies, and the pods and namespaces that they are about.\n"
	"\n"
	"Options:\n"
	"  -n, --namespace NS     the namespace of objects that name none (default: default)\n"
	"      --node NAME        enforce only the pods on this node; all pods stay peers\n"
	"      --table NAME       the table's name (default: np2nft), family inet\n"
	"      --deny drop|reject what happens to what is denied (default: drop)\n"
	"  -o, --output FILE      compile: write to FILE instead of standard output\n"
	"      --dry-run          apply: print what would be sent, and send nothing\n"
	"  -q, --quiet            no warnings and notes\n"
	"  -v, --verbose          say what was made, its bounds, and the time it took\n"
	"      --help             this text\n"
	"      --version          the version\n"
	"\n"
	"Exit status: 0; 2 on trouble (then nothing is printed on standard output, and nothing "
	"applied);\n"
	"of diff 1 if there is a difference.\n"
	"\n"
	"Examples:\n"
	"  np2nft compile policies/ > ruleset.nft\n"
	"  kubectl get pods,namespaces,networkpolicies -A -o yaml | np2nft compile --node "
	"\"$(hostname)\" -\n";

static int complain(const char *what, const char *about)
{
	fprintf(stderr, "np2nft: error: %s%s%s\n", what, about ? ": " : "", about ? about : "");
	return EXIT_TROUBLE;
}

/* The line of the input that a diagnostic is about, and a caret below its column. */
static void show_line(const struct np2nft_diagnostic *diagnostic)
{
	FILE *file = diagnostic->line ? fopen(diagnostic->file, "re") : NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t len = -1;

	for (uint32_t i = 0; file && i < diagnostic->line; i++)
		len = getline(&line, &size, file);
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	/* A line that does not fit a screen (JSON) is no help. */
	if (len > 0 && len < 200) {
		fprintf(stderr, "    %s\n    ", line);
		for (uint32_t col = 1, i = 0; col < diagnostic->column && line[i]; i++) {
			if ((line[i] & 0xc0) == 0x80)
				continue;
			fputc(line[i] == '\t' ? '\t' : ' ', stderr);
			col++;
		}
		fputs("^\n", stderr);
	}
	free(line);
	if (file)
		fclose(file);
}

static void report(const struct np2nft *n, const struct arguments *arguments)
{
	static const char *const words[] = {
		[NP2NFT_ERROR] = "error", [NP2NFT_WARNING] = "warning", [NP2NFT_NOTE] = "note"};
	bool terminal = isatty(STDERR_FILENO) == 1;

	for (size_t i = 0; i < np2nft_diagnostic_count(n); i++) {
		struct np2nft_diagnostic diagnostic = np2nft_diagnostic(n, i);

		if (arguments->quiet && diagnostic.severity != NP2NFT_ERROR)
			continue;
		if (diagnostic.file && diagnostic.line)
			fprintf(stderr, "%s:%u:%u: ", diagnostic.file, diagnostic.line,
				diagnostic.column);
		else
			fprintf(stderr, "%s: ", diagnostic.file ? diagnostic.file : "np2nft");
		fprintf(stderr, "%s: %s\n", words[diagnostic.severity], diagnostic.text);
		if (terminal)
			show_line(&diagnostic);
	}
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int write_bytes(void *context, const char *bytes, size_t len)
{
	int fd = *(const int *)context;

	while (len) {
		ssize_t done = write(fd, bytes, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		len -= (size_t)done;
	}
	return 0;
}

/*
 * Writes the ruleset to a file beside @path and renames it, so that nobody ever reads half of one; a
 * device or pipe is written to as it is.
 */
static int print_to_file(const struct np2nft *n, const char *path)
{
	struct stat status;
	bool beside = stat(path, &status) || S_ISREG(status.st_mode);
	size_t size = strlen(path) + 8;
	mode_t mask = umask(0);
	char *temporary = malloc(size);
	int fd, failed;

	umask(mask);
	if (!temporary)
		return complain(path, strerror(errno));
	snprintf(temporary, size, "%s%s", path, beside ? ".XXXXXX" : "");
	fd = beside ? mkstemp(temporary) : open(path, O_WRONLY | O_CLOEXEC);
	failed = fd < 0;
	if (!failed && beside)
		failed = fchmod(fd, 0666 & ~mask);
	if (!failed)
		failed = np2nft_print(n, write_bytes, &fd);
	if (fd >= 0 && close(fd))
		failed = -1;
	if (!failed && beside)
		failed = rename(temporary, path);
	if (failed) {
		complain(path, strerror(errno));
		if (fd >= 0 && beside)
			unlink(temporary);
	}
	free(temporary);
	return failed ? EXIT_TROUBLE : 0;
}

static int print(const struct np2nft *n, const char *path)
{
	int fd = STDOUT_FILENO;

	if (path)
		return print_to_file(n, path);
	return np2nft_print(n, write_bytes, &fd) ? complain("standard output", strerror(errno)) : 0;
}

static void tell_stats(const struct np2nft *n)
{
	struct np2nft_stats stats = np2nft_stats(n);

	fprintf(stderr, "np2nft: read: policies %zu, pods %zu, namespaces %zu\n", stats.policies,
		stats.pods, stats.namespaces);
	fprintf(stderr, "np2nft: isolated: pods %zu for ingress, %zu for egress; groups %zu\n",
		stats.isolated_ingress, stats.isolated_egress, stats.groups);
	fprintf(stderr, "np2nft: ruleset: %zu chains, %zu sets and maps\n", stats.chains,
		stats.sets);
	fprintf(stderr, "np2nft: bound: a new packet meets at most %zu look-ups\n",
		stats.most_lookups);
	fprintf(stderr, "np2nft: bound: %zu elements for %zu peers that rules name (%.2f times)\n",
		stats.elements, stats.peer_sum,
		stats.peer_sum ? (double)stats.elements / (double)stats.peer_sum : 0.0);
}

static void tell_left_out(const struct np2nft *n)
{
	struct np2nft_stats stats = np2nft_stats(n);

	if (stats.skipped)
		fprintf(stderr, "np2nft: note: %zu object%s of other kinds skipped\n",
			stats.skipped, stats.skipped == 1 ? "" : "s");
	if (stats.pods_left_out)
		fprintf(stderr,
			"np2nft: note: %zu pod%s left out: finished, on the node's network, or "
			"without an address\n",
			stats.pods_left_out, stats.pods_left_out == 1 ? "" : "s");
}

static int compile(struct np2nft *n, const struct arguments *arguments)
{
	return print(n, arguments->output);
}

static int diff(struct np2nft *n, const struct arguments *arguments)
{
	int fd = STDOUT_FILENO;
	size_t changes;

	(void)arguments;
	if (np2nft_compare(n, write_bytes, &fd, &changes))
		return EXIT_TROUBLE;
	return changes > 0;
}

static int apply(struct np2nft *n, const struct arguments *arguments)
{
	size_t changes;

	if (arguments->dry_run)
		return diff(n, arguments) == EXIT_TROUBLE ? EXIT_TROUBLE : 0;
	if (np2nft_apply(n, &changes))
		return EXIT_TROUBLE;
	if (arguments->verbose)
		fprintf(stderr, "np2nft: applied: %zu changes\n", changes);
	return 0;
}

static int delete (struct np2nft *n, const struct arguments *arguments)
{
	(void)arguments;
	return np2nft_delete(n) ? EXIT_TROUBLE : 0;
}

static const struct command {
	const char *name;
	bool wants_paths;
	int (*run)(struct np2nft *n, const struct arguments *arguments);
} commands[] = {
	{"compile", true, compile},
	{"apply", true, apply},
	{"diff", true, diff},
	{"delete", false, delete},
};

static void tell_times(double began, double read, double compiled)
{
	fprintf(stderr, "np2nft: time: read %.1f ms, compile %.1f ms, emit %.1f ms\n", read - began,
		compiled - read, now_ms() - compiled);
}

/* Reads and compiles what a command is about, runs it, and says what there is to say. */
static int run(const struct command *command, const struct arguments *arguments)
{
	struct np2nft *n = np2nft_new(&arguments->options);
	double began = now_ms(), read = began, compiled = began;
	int status = EXIT_TROUBLE, failed = 0;

	if (command->wants_paths) {
		failed = np2nft_read(n, arguments->paths, arguments->path_count);
		read = now_ms();
		if (!failed)
			failed = np2nft_compile(n);
		compiled = now_ms();
	}
	if (!failed)
		status = command->run(n, arguments);
	report(n, arguments);
	if (!failed && command->wants_paths && !arguments->quiet)
		tell_left_out(n);
	if (!failed && command->wants_paths && arguments->verbose) {
		tell_stats(n);
		tell_times(began, read, compiled);
	}
	np2nft_free(n);
	return status;
}

/* What nft takes as the name of a table. */
static bool is_table_name(const char *name)
{
	static const char others[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/\\_.-";

	return ((*name | 0x20) >= 'a' && (*name | 0x20) <= 'z') && strlen(name) <= 255 &&
	       strspn(name, others) == strlen(name);
}

enum { OPTION_NODE = 256, OPTION_TABLE, OPTION_DENY, OPTION_DRY_RUN, OPTION_HELP, OPTION_VERSION };

/* Returns -1 to go on, otherwise the exit status. */
static int parse_option(int option, const char *value, struct arguments *arguments)
{
	switch (option) {
	case 'n':
		arguments->options.default_namespace = value;
		return -1;
	case 'o':
		arguments->output = value;
		return -1;
	case 'q':
		arguments->quiet = true;
		return -1;
	case 'v':
		arguments->verbose = true;
		return -1;
	case OPTION_NODE:
		arguments->options.node = value;
		return -1;
	case OPTION_TABLE:
		arguments->options.table = value;
		return is_table_name(value) ? -1 : complain("not a name for a table", value);
	case OPTION_DENY:
		arguments->options.reject = !strcmp(value, "reject");
		if (strcmp(value, "drop") && strcmp(value, "reject"))
			return complain("--deny takes drop or reject, not", value);
		return -1;
	case OPTION_DRY_RUN:
		arguments->dry_run = true;
		return -1;
	case OPTION_HELP:
		fputs(usage, stdout);
		return fflush(stdout) ? EXIT_TROUBLE : 0;
	case OPTION_VERSION:
		printf("np2nft %s\n", np2nft_version());
		return fflush(stdout) ? EXIT_TROUBLE : 0;
	default:
		fputs("np2nft: `np2nft --help` lists the options\n", stderr);
		return EXIT_TROUBLE;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"namespace", required_argument, NULL, 'n'},
		{"node", required_argument, NULL, OPTION_NODE},
		{"table", required_argument, NULL, OPTION_TABLE},
		{"deny", required_argument, NULL, OPTION_DENY},
		{"output", required_argument, NULL, 'o'},
		{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
		{"quiet", no_argument, NULL, 'q'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, OPTION_HELP},
		{"version", no_argument, NULL, OPTION_VERSION},
		{0},
	};
	struct arguments arguments = {0};
	int option;

	while ((option = getopt_long(argc, argv, "n:o:qv", options, NULL)) != -1) {
		int status = parse_option(option, optarg, &arguments);

		if (status >= 0)
			return status;
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[optind], commands[i].name) != 0)
			continue;
		arguments.paths = (const char *const *)&argv[optind + 1];
		arguments.path_count = (size_t)(argc - optind - 1);
		if (commands[i].wants_paths && !arguments.path_count)
			return complain("no PATH given; `np2nft --help` shows how", NULL);
		if (!commands[i].wants_paths && arguments.path_count)
			return complain("this command takes no PATH", argv[optind + 1]);
		return run(&commands[i], &arguments);
	}
	return complain("unknown command", argv[optind]);
}
