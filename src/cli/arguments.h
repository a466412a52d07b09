/*
 * Reads the command line.
 *
 * In: argv.  Out: a command and its options, or words that say what is wrong.
 */
#ifndef NP2NFT_CLI_ARGUMENTS_H
#define NP2NFT_CLI_ARGUMENTS_H

#include "np2nft.h"

struct command;

struct arguments {
	const struct command *command;
	struct np2nft_options options;
	enum np2nft_format format;
	const char *output;          /* NULL: standard output */
	const char *from, *to;       /* of explain: the two ends */
	const char *port;            /* NULL: it was not given */
	const char *pod, *namespace; /* NULL: they were not given */
	const char *fail_on;         /* one of the command's words; NULL: it was not given */
	struct np2nft_agent_options agent;
	bool quiet, verbose, dry_run, help, version, each_pod, require_isolated, isolated_by_tiers,
		denied, verify, compiled;
	const char *const *paths;
	size_t path_count;
};

/*
 * Which options a command takes; the values are bits.  Every command takes -q, -v, --table and
 * --help, but only the help of those that use -v or --table shows them.
 */
enum takes {
	TAKES_INPUT = 1,  /* -n, and paths */
	TAKES_NODE = 2,   /* --node and --deny */
	TAKES_OUTPUT = 4, /* -o */
	TAKES_APPLY =
		8, /* --dry-run, --no-revoke, --force, --without-other-policies, --without-domain-names */
	TAKES_QUESTION = 16,   /* --from, --to */
	TAKES_PORT = 32,       /* --port */
	TAKES_FILTER = 64,     /* --pod, --denied */
	TAKES_MATRIX = 128,    /* --pods, --require-isolated, --isolated-by-tiers */
	TAKES_FAIL_ON = 256,   /* --fail-on */
	TAKES_TWO = 512,       /* two paths, an old one and a new one */
	TAKES_ONE_MORE = 1024, /* a second path, which may be left out */
	TAKES_WAIT = 2048,     /* --wait */
	TAKES_VERIFY = 4096,   /* --compiled */
	TAKES_IGNORE = 8192,   /* --ignore */
	TAKES_AGENT = 16384,   /* --kubeconfig and the agent's other options */
	TAKES_GUARD = 32768,   /* --no-guard */
	TAKES_CLOSED = 65536,  /* --closed */
	TAKES_TABLE = 131072,  /* it uses --table */
	TAKES_SKIP = 262144    /* --skip-other-files */
};

/* A command; cli/main.c has the table of all. */
struct command {
	const char *name;
	unsigned takes;
	unsigned formats; /* a bit for each enum np2nft_format; 0: the command has no --format */
	/*
	 * Reads the input of the command, calls its function, and reports; returns the exit status.
	 */
	int (*frame)(const struct arguments *arguments);
	int (*step)(struct np2nft *n, const struct arguments *arguments);
	int (*change)(struct np2nft *old, struct np2nft *new, const struct arguments *arguments);
	const char *does;     /* one line for the list of commands */
	const char *synopsis; /* the text behind the command's name */
	const char *help;     /* what the command does, its exit status, and an example */
};

/*
 * Reads the arguments; @commands ends with a command without a name.  Returns NULL, or a text that
 * says what is wrong and lives as long as the program.  The command is NULL if there is only --help
 * or --version.
 */
const char *arguments_read(int argc, char **argv, const struct command *commands,
			   struct arguments *arguments);

#endif
