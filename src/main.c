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
	bool quiet, verbose, dry_run, json;
	unsigned used; /* a bit for each option, see enum option_bit */
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
	"  status      what is in force: pods, policies, packets denied (no PATH)\n"
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
	"      --dry-run          apply: print what would be sent and which connections would end, "
	"and do\n"
	"                         neither\n"
	"      --no-revoke        apply: let connections be that the policies no longer allow\n"
	"      --force            apply: also beside kube-proxy's IPVS mode\n"
	"      --format text|json status: for people, or for programs\n"
	"  -q, --quiet            no warnings and notes\n"
	"  -v, --verbose          say what was made, its bounds, and the time it took\n"
	"  -h, --help             this text\n"
	"      --version          the version\n"
	"\n"
	"Exit status: 0; 2 on trouble (then nothing is printed on standard output, and nothing "
	"applied);\n"
	"of diff 1 if there is a difference, of status 1 if nothing is in force.\n"
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
	bool there = !stat(path, &status), beside = !there || S_ISREG(status.st_mode);
	mode_t mask = umask(0), mode = there ? status.st_mode & 07777 : 0666 & ~mask;
	char *real = there ? realpath(path, NULL) : strdup(path), *temporary = NULL;
	size_t size = real ? strlen(real) + 8 : 0;
	int fd, failed;

	umask(mask);
	temporary = real ? malloc(size) : NULL;
	if (!temporary) {
		free(real);
		return complain(path, strerror(errno));
	}
	snprintf(temporary, size, "%s%s", real, beside ? ".XXXXXX" : "");
	fd = beside ? mkstemp(temporary) : open(path, O_WRONLY | O_CLOEXEC);
	failed = fd < 0;
	if (!failed && beside)
		failed = fchmod(fd, mode);
	if (!failed)
		failed = np2nft_print(n, write_bytes, &fd);
	if (fd >= 0 && close(fd))
		failed = -1;
	if (!failed && beside)
		failed = rename(temporary, real);
	if (failed) {
		complain(path, strerror(errno));
		if (fd >= 0 && beside)
			unlink(temporary);
	}
	free(temporary);
	free(real);
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

static void tell_left_out(const struct np2nft *n, const char *node)
{
	struct np2nft_stats stats = np2nft_stats(n);

	if (node && stats.pods && !stats.pods_on_node)
		fprintf(stderr,
			"np2nft: warning: no pod of the input is on node %s: nothing is enforced\n",
			node);
	if (!stats.policies)
		fputs("np2nft: warning: no NetworkPolicy in the input: nothing is enforced\n",
		      stderr);

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

/* A writer that failed has no diagnostic; everything else has. */
static int trouble(const struct np2nft *n, size_t diagnostics)
{
	if (np2nft_diagnostic_count(n) == diagnostics)
		complain("standard output", strerror(errno));
	return EXIT_TROUBLE;
}

static int diff(struct np2nft *n, const struct arguments *arguments)
{
	size_t changes, before = np2nft_diagnostic_count(n);
	int fd = STDOUT_FILENO;

	(void)arguments;
	if (np2nft_compare(n, false, write_bytes, &fd, &changes))
		return trouble(n, before);
	return changes > 0;
}

/* Nothing at all in the input is a pipe that broke, not the wish to enforce nothing. */
static bool has_input(const struct np2nft *n)
{
	struct np2nft_stats stats = np2nft_stats(n);

	return stats.policies + stats.pods + stats.namespaces + stats.pods_left_out > 0;
}

static int apply(struct np2nft *n, const struct arguments *arguments)
{
	size_t changes, before = np2nft_diagnostic_count(n);
	int fd = STDOUT_FILENO;

	if (!has_input(n))
		return complain(
			"no policies, pods or namespaces in the input; `np2nft delete` removes "
			"the table",
			NULL);
	if (arguments->dry_run) {
		if (np2nft_compare(n, true, write_bytes, &fd, NULL) ||
		    (!arguments->options.no_revoke && np2nft_endings(n, write_bytes, &fd)))
			return trouble(n, before);
		return 0;
	}
	if (np2nft_apply(n, &changes))
		return EXIT_TROUBLE;
	if (arguments->verbose)
		fprintf(stderr, "np2nft: applied: changes %zu\n", changes);
	return 0;
}

static int status(struct np2nft *n, const struct arguments *arguments)
{
	int fd = STDOUT_FILENO;
	bool in_force;

	if (np2nft_status(n, arguments->json, write_bytes, &fd, &in_force))
		return trouble(n, 0);
	return !in_force;
}

static int delete_table(struct np2nft *n, const struct arguments *arguments)
{
	(void)arguments;
	return np2nft_delete(n) ? EXIT_TROUBLE : 0;
}

/* Options that not every command takes. */
enum option_bit {
	TAKES_INPUT = 1, /* -n, --node and --deny, and PATHs */
	TAKES_OUTPUT = 2,
	TAKES_DRY_RUN = 4, /* and --no-revoke, --force */
	TAKES_FORMAT = 8,
};

static const struct command {
	const char *name;
	unsigned takes; /* enum option_bit */
	int (*run)(struct np2nft *n, const struct arguments *arguments);
} commands[] = {
	{"compile", TAKES_INPUT | TAKES_OUTPUT, compile},
	{"apply", TAKES_INPUT | TAKES_DRY_RUN, apply},
	{"diff", TAKES_INPUT, diff},
	{"status", TAKES_FORMAT, status},
	{"delete", 0, delete_table},
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
	bool reads = command->takes & TAKES_INPUT;
	double began = now_ms(), read = began, compiled = began;
	int status = EXIT_TROUBLE, failed = 0;

	if (reads) {
		failed = np2nft_read(n, arguments->paths, arguments->path_count);
		read = now_ms();
		if (!failed)
			failed = np2nft_compile(n);
		compiled = now_ms();
	}
	if (!failed)
		status = command->run(n, arguments);
	report(n, arguments);
	if (!failed && reads && !arguments->quiet)
		tell_left_out(n, arguments->options.node);
	if (!failed && reads && arguments->verbose) {
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

enum {
	OPTION_NODE = 256,
	OPTION_TABLE,
	OPTION_DENY,
	OPTION_DRY_RUN,
	OPTION_NO_REVOKE,
	OPTION_FORCE,
	OPTION_FORMAT,
	OPTION_VERSION,
};

static int print_and_end(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout))
		return complain("standard output", strerror(errno));
	return 0;
}

/* One of two words; -1 after a complaint, otherwise which. */
static int choose(const char *option, const char *value, const char *first, const char *second)
{
	if (!strcmp(value, first) || !strcmp(value, second))
		return !strcmp(value, second);
	fprintf(stderr, "np2nft: error: %s takes %s or %s, not %s\n", option, first, second, value);
	return -1;
}

/* Options that take a value.  Returns -1 to go on, otherwise the exit status. */
static int parse_value(int option, const char *value, struct arguments *arguments)
{
	int choice;

	switch (option) {
	case 'n':
		arguments->options.default_namespace = value;
		arguments->used |= TAKES_INPUT;
		return -1;
	case 'o':
		arguments->output = strcmp(value, "-") ? value : NULL;
		arguments->used |= TAKES_OUTPUT;
		return -1;
	case OPTION_NODE:
		arguments->options.node = value;
		arguments->used |= TAKES_INPUT;
		return *value ? -1 : complain("--node needs a name", NULL);
	case OPTION_TABLE:
		arguments->options.table = value;
		return is_table_name(value) ? -1 : complain("not a name for a table", value);
	case OPTION_DENY:
		choice = choose("--deny", value, "drop", "reject");
		arguments->options.reject = choice == 1;
		arguments->used |= TAKES_INPUT;
		return choice < 0 ? EXIT_TROUBLE : -1;
	case OPTION_FORMAT:
		choice = choose("--format", value, "text", "json");
		arguments->json = choice == 1;
		arguments->used |= TAKES_FORMAT;
		return choice < 0 ? EXIT_TROUBLE : -1;
	default:
		fputs("np2nft: `np2nft --help` lists the options\n", stderr);
		return EXIT_TROUBLE;
	}
}

/* Returns -1 to go on, otherwise the exit status. */
static int parse_option(int option, const char *value, struct arguments *arguments)
{
	char version[64];

	switch (option) {
	case 'q':
		arguments->quiet = true;
		return -1;
	case 'v':
		arguments->verbose = true;
		return -1;
	case OPTION_DRY_RUN:
		arguments->dry_run = true;
		arguments->used |= TAKES_DRY_RUN;
		return -1;
	case OPTION_NO_REVOKE:
		arguments->options.no_revoke = true;
		arguments->used |= TAKES_DRY_RUN;
		return -1;
	case OPTION_FORCE:
		arguments->options.force = true;
		arguments->used |= TAKES_DRY_RUN;
		return -1;
	case 'h':
		return print_and_end(usage);
	case OPTION_VERSION:
		snprintf(version, sizeof(version), "np2nft %s\n", np2nft_version());
		return print_and_end(version);
	default:
		return parse_value(option, value, arguments);
	}
}

/* The command by its name, if it takes the options and PATHs that were given. */
static int run_command(const char *name, struct arguments *arguments)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const struct command *command = &commands[i];

		if (strcmp(name, command->name) != 0)
			continue;
		if (arguments->used & ~command->takes)
			return complain(
				"an option that this command does not take; `np2nft --help` "
				"lists them",
				name);
		if (command->takes & TAKES_INPUT && !arguments->path_count)
			return complain("no PATH given; `np2nft --help` shows how", NULL);
		if (!(command->takes & TAKES_INPUT) && arguments->path_count)
			return complain("this command takes no PATH", *arguments->paths);
		return run(command, arguments);
	}
	return complain("unknown command", name);
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
		{"no-revoke", no_argument, NULL, OPTION_NO_REVOKE},
		{"force", no_argument, NULL, OPTION_FORCE},
		{"format", required_argument, NULL, OPTION_FORMAT},
		{"quiet", no_argument, NULL, 'q'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, OPTION_VERSION},
		{0},
	};
	static char program[] = "np2nft";
	struct arguments arguments = {0};
	int option;

	/* getopt() puts it before what it says. */
	if (argc > 0)
		argv[0] = program;
	while ((option = getopt_long(argc, argv, "n:o:qvh", options, NULL)) != -1) {
		int status = parse_option(option, optarg, &arguments);

		if (status >= 0)
			return status;
	}
	if (optind >= argc) {
		fputs(usage, stderr);
		return EXIT_TROUBLE;
	}
	arguments.paths = (const char *const *)&argv[optind + 1];
	arguments.path_count = (size_t)(argc - optind - 1);
	return run_command(argv[optind], &arguments);
}
