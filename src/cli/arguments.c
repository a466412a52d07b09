/* Has the table of options, from which arguments are read and help is printed. */
#include "cli/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char problem[512];

static const char *wrong(const char *what, const char *about)
{
	snprintf(problem, sizeof(problem), "%s%s%.200s", what, about ? ": " : "",
		 about ? about : "");
	return problem;
}

static const char *const formats[] = {
	[NP2NFT_TEXT] = "text",   [NP2NFT_JSON] = "json",   [NP2NFT_CSV] = "csv",
	[NP2NFT_MD] = "md",       [NP2NFT_SARIF] = "sarif", [NP2NFT_TAP] = "tap",
	[NP2NFT_JUNIT] = "junit", [NP2NFT_SVG] = "svg",     [NP2NFT_DOT] = "dot",
	[NP2NFT_HTML] = "html",
};

#define FORMATS (sizeof(formats) / sizeof(*formats))

static const char *set_namespace(struct arguments *arguments, const char *value)
{
	arguments->options.default_namespace = arguments->namespace = value;
	return NULL;
}

static const char *set_node(struct arguments *arguments, const char *value)
{
	arguments->options.node = value;
	return *value ? NULL : wrong("--node needs a name", NULL);
}

/* Sets the table's name, which must be one that nft accepts. */
static const char *set_table(struct arguments *arguments, const char *value)
{
	static const char others[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/\\_.-";

	arguments->options.table = value;
	if ((*value | 0x20) >= 'a' && (*value | 0x20) <= 'z' && strlen(value) <= 255 &&
	    strspn(value, others) == strlen(value))
		return NULL;
	return wrong("not a name for a table", value);
}

static const char *set_deny(struct arguments *arguments, const char *value)
{
	arguments->options.reject = !strcmp(value, "reject");
	return arguments->options.reject || !strcmp(value, "drop")
		       ? NULL
		       : wrong("--deny takes drop or reject, not", value);
}

static const char *set_format(struct arguments *arguments, const char *value)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(value, formats[i])) {
			arguments->format = (enum np2nft_format)i;
			return NULL;
		}
	return wrong("no such --format", value);
}

/* Joins the codes of all --ignore, with blanks between them. */
static const char *set_ignore(struct arguments *arguments, const char *value)
{
	static char codes[1024];
	const size_t len = strlen(codes);

	if (len + strlen(value) + 2 > sizeof(codes))
		return wrong("--ignore has too many codes", NULL);
	snprintf(codes + len, sizeof(codes) - len, "%s ", value);
	arguments->options.ignore = codes;
	return NULL;
}

static const char *set_output(struct arguments *arguments, const char *value)
{
	arguments->output = strcmp(value, "-") ? value : NULL;
	return NULL;
}

/* Sets the time to wait.  For the library, 0 means its default, so it gets another number here. */
static const char *set_wait(struct arguments *arguments, const char *value)
{
	const size_t digits = strspn(value, "0123456789");

	if (!digits || value[digits] || digits > 6)
		return wrong("--wait takes a number of seconds, not", value);
	arguments->options.wait = strtol(value, NULL, 10);
	if (!arguments->options.wait)
		arguments->options.wait = -1;
	return NULL;
}

static const char *set_silence(struct arguments *arguments, const char *value)
{
	const size_t digits = strspn(value, "0123456789");

	if (!digits || value[digits] || digits > 5 || *value == '0')
		return wrong("--silence takes a number of seconds, not", value);
	arguments->agent.silence = strtol(value, NULL, 10);
	return NULL;
}

static const char *set_nri(struct arguments *arguments, const char *value)
{
	arguments->agent.nri = value ? value : NP2NFT_NRI_SOCKET;
	return NULL;
}

#define SETTER(name, field, what)                                                                  \
	static const char *name(struct arguments *arguments, const char *value)                    \
	{                                                                                          \
		(void)value;                                                                       \
		arguments->field = what;                                                           \
		return NULL;                                                                       \
	}

SETTER(set_from, from, value)
SETTER(set_fail_on, fail_on, value)
SETTER(set_to, to, value)
SETTER(set_port, port, value)
SETTER(set_pod, pod, value)
SETTER(set_pods, each_pod, true)
SETTER(set_require_isolated, require_isolated, true)
SETTER(set_denied, denied, true)
SETTER(set_isolated_by_tiers, isolated_by_tiers, true)
SETTER(set_dry_run, dry_run, true)
SETTER(set_verify, verify, true)
SETTER(set_compiled, compiled, true)
SETTER(set_no_revoke, options.no_revoke, true)
SETTER(set_no_guard, options.no_guard, true)
SETTER(set_closed, options.closed, value)
SETTER(set_force, options.force, true)
SETTER(set_without_other_policies, options.without_other_policies, true)
SETTER(set_without_domain_names, options.without_domain_names, true)
SETTER(set_kubeconfig, agent.kubeconfig, value)
SETTER(set_listen, agent.listen, value)
SETTER(set_cleanup, agent.cleanup, true)
SETTER(set_log_denied, agent.log_denied, true)
SETTER(set_json, agent.json, true)
SETTER(set_skip_other_files, options.skip_other_files, true)
SETTER(set_quiet, quiet, true)
SETTER(set_verbose, verbose, true)
SETTER(set_help, help, true)
SETTER(set_version, version, true)

/* The options, in the order in which help lists them. */
static const struct known_option {
	const char *name;
	const char *value; /* NULL: it has no value; in brackets: the value may be left out */
	char letter;
	unsigned takes; /* commands that take one of these take the option; 0: every command does */
	const char *(*set)(struct arguments *arguments, const char *value);
	const char *help;
} known[] = {
	{"from", "PEER", 0, TAKES_QUESTION, set_from, "who begins the connection"},
	{"to", "PEER", 0, TAKES_QUESTION, set_to, "to whom"},
	{"port", "PORT", 0, TAKES_PORT, set_port, "8080/TCP, 53/UDP, a port's name, or ICMP"},
	{"pod", "PEER", 0, TAKES_FILTER, set_pod, "only what this pod or workload has part in"},
	{"namespace", "NS", 'n', TAKES_INPUT, set_namespace,
	 "the namespace of objects that name none (default: default);\nmatrix and graph show only "
	 "it"},
	{"node", "NAME", 0, TAKES_NODE, set_node,
	 "enforce only the pods on this node; all pods stay peers"},
	{"table", "NAME", 0, 0, set_table, "the table's name (default: np2nft), family inet"},
	{"skip-other-files", NULL, 0, TAKES_NODE, set_skip_other_files,
	 "pass over documents that are no Kubernetes objects, and files that are no YAML"},
	{"deny", "HOW", 0, TAKES_NODE, set_deny,
	 "drop or reject: what happens to what is denied (default: drop)"},
	{"output", "FILE", 'o', TAKES_OUTPUT, set_output, "write to FILE, not to standard output"},
	{"dry-run", NULL, 0, TAKES_APPLY, set_dry_run,
	 "print what would be sent and which connections would end, and do\nneither"},
	{"no-guard", NULL, 0, TAKES_GUARD, set_no_guard,
	 "let pods send from addresses that are not theirs, and wrap packets\nfor tunnels"},
	{"closed", "CIDR[,CIDR]|node", 0, TAKES_CLOSED, set_closed,
	 "deny what is from or for an address there of no known pod: the\nranges of this node's "
	 "pods; node: those of its Node object"},
	{"no-revoke", NULL, 0, TAKES_APPLY | TAKES_AGENT, set_no_revoke,
	 "let connections be that the policies no longer allow"},
	{"verify", NULL, 0, TAKES_APPLY, set_verify,
	 "then prove that the kernel's table judges every packet as the policies\ndo"},
	{"compiled", NULL, 0, TAKES_VERIFY, set_compiled,
	 "prove what `compile` makes of PATH, and ask no kernel"},
	{"force", NULL, 0, TAKES_APPLY | TAKES_AGENT, set_force,
	 "also beside kube-proxy's IPVS mode"},
	{"without-other-policies", NULL, 0, TAKES_APPLY, set_without_other_policies,
	 "also where the input has policies of kinds that are not looked at"},
	{"without-domain-names", NULL, 0, TAKES_APPLY, set_without_domain_names,
	 "also where a ClusterNetworkPolicy has domain names as peers: they match nothing"},
	{"wait", "SECONDS", 0, TAKES_WAIT, set_wait,
	 "how long to wait while another process holds the lock on the network\nnamespace "
	 "(default: 300; 0: not at all)"},
	{"kubeconfig", "FILE", 0, TAKES_AGENT, set_kubeconfig,
	 "the API server, and who the agent is there (default: the pod's service\naccount)"},
	{"listen", "ADDRESS:PORT", 0, TAKES_AGENT, set_listen,
	 "answer /metrics, /livez and /readyz there"},
	{"nri", "[=SOCKET]", 0, TAKES_AGENT, set_nri,
	 "ask the container runtime for pods before they run (default:\n" NP2NFT_NRI_SOCKET ")"},
	{"log-denied", NULL, 0, TAKES_AGENT, set_log_denied,
	 "log what is denied, ten packets a second at most"},
	{"cleanup", NULL, 0, TAKES_AGENT, set_cleanup, "remove the table when the agent ends"},
	{"silence", "SECONDS", 0, TAKES_AGENT, set_silence,
	 "a connection on which nothing comes for so long is lost (default: 90)"},
	{"json", NULL, 0, TAKES_AGENT, set_json, "speak JSON with the API server, not protobuf"},
	{"pods", NULL, 0, TAKES_MATRIX, set_pods, "a row for each pod, not for its owner"},
	{"require-isolated", NULL, 0, TAKES_MATRIX, set_require_isolated,
	 "exit status 1 if a pod is not isolated in both directions"},
	{"isolated-by-tiers", NULL, 0, TAKES_MATRIX, set_isolated_by_tiers,
	 "count as isolated also a pod that tiers close to pods that no rule\nnames"},
	{"denied", NULL, 0, TAKES_FILTER, set_denied, "also what is denied, and by which tier"},
	{"fail-on", "WHAT", 0, TAKES_FAIL_ON, set_fail_on, "exit status 1 only for "},
	{"ignore", "CODE", 0, TAKES_IGNORE, set_ignore,
	 "do not tell findings with this code; may be given again"},
	{"format", "FORMAT", 0, 0, set_format, NULL},
	{"quiet", NULL, 'q', 0, set_quiet, "no warnings and notes"},
	{"verbose", NULL, 'v', 0, set_verbose,
	 "say what was made, its bounds, and the time it took"},
	{"help", NULL, 'h', 0, set_help,
	 "this text; np2nft COMMAND --help: of a command, with examples"},
	{"version", NULL, 0, 0, set_version, "the version"},
};

#define KNOWN       (sizeof(known) / sizeof(*known))
#define FORMAT_NAME "format"
#define FAIL_NAME   "fail-on"

/* The table in getopt's form; numbers above those of all letters stand for long options. */
#define FIRST_LONG 256

static const struct known_option *parsed(int option)
{
	if (option >= FIRST_LONG)
		return &known[option - FIRST_LONG];
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].letter == option)
			return &known[i];
	return NULL;
}

static const struct command *find_command(const struct command *commands, const char *name)
{
	while (commands->name && strcmp(commands->name, name) != 0)
		commands++;
	return commands->name ? commands : NULL;
}

static const char *check_paths(const struct command *command, const struct arguments *arguments)
{
	if (command->takes & TAKES_TWO)
		return arguments->path_count == 2
			       ? NULL
			       : "two PATHs are needed, the old one and the new one";
	if (!(command->takes & TAKES_INPUT))
		return arguments->path_count
			       ? wrong("this command takes no PATH", *arguments->paths)
			       : NULL;
	return arguments->path_count ? NULL : "no PATH given; `np2nft --help` shows how";
}

/* The words that --fail-on takes, separated by blanks. */
static const char *fails_on(const struct command *command)
{
	return command->takes & TAKES_IGNORE ? "warning note never" : "opened closed";
}

/* Is the word in a list of words that are separated by blanks? */
static bool is_among(const char *word, const char *list)
{
	const size_t len = strlen(word);

	for (const char *at = list; len && (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static const char *check(const struct arguments *arguments, const bool *used)
{
	const struct command *command = arguments->command;

	for (size_t i = 0; i < KNOWN; i++) {
		bool takes = !known[i].takes || known[i].takes & command->takes;

		if (!strcmp(known[i].name, FORMAT_NAME))
			takes = command->formats & 1U << arguments->format;
		if (used[i] && !takes && !strcmp(known[i].name, FORMAT_NAME))
			return wrong("a --format that this command does not have",
				     formats[arguments->format]);
		if (used[i] && !takes)
			return wrong("an option that this command does not take", known[i].name);
	}
	if (arguments->verify && arguments->options.closed)
		return "--verify proves what policies say, and --closed denies more";
	if (arguments->fail_on && !is_among(arguments->fail_on, fails_on(command)))
		return wrong("--fail-on does not take", arguments->fail_on);
	if (command->takes & TAKES_QUESTION &&
	    !(arguments->from && arguments->to && arguments->port))
		return "--from, --to and --port are needed";
	return check_paths(command, arguments);
}

/* Whether the option has a value, in getopt's words. */
static int kind_of_value(const struct known_option *option)
{
	if (!option->value)
		return no_argument;
	return *option->value == '[' ? optional_argument : required_argument;
}

const char *arguments_read(int argc, char **argv, const struct command *commands,
			   struct arguments *arguments)
{
	struct option options[KNOWN + 1] = {0};
	bool used[KNOWN] = {0};
	int option;

	for (size_t i = 0; i < KNOWN; i++)
		options[i] = (struct option){known[i].name, kind_of_value(&known[i]), NULL,
					     FIRST_LONG + (int)i};
	while ((option = getopt_long(argc, argv, "n:o:qvh", options, NULL)) != -1) {
		const struct known_option *one = parsed(option);
		const char *error =
			one ? one->set(arguments, optarg) : "`np2nft --help` lists the options";

		if (error)
			return error;
		used[one - known] = true;
	}
	if (optind < argc) {
		arguments->command = find_command(commands, argv[optind]);
		if (!arguments->command)
			return wrong("unknown command", argv[optind]);
		arguments->paths = (const char *const *)&argv[optind + 1];
		arguments->path_count = (size_t)(argc - optind - 1);
	}
	if (arguments->help || arguments->version)
		return NULL;
	return arguments->command ? check(arguments, used)
				  : "no command; `np2nft --help` lists them";
}

/* Prints a help text of several lines, of which all but the first begin at @column. */
static void print_lines(const char *text, int column)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1)
		printf("%.*s\n%*s", (int)(end - text), text, column, "");
	printf("%s\n", text);
}

static void print_formats(unsigned bits)
{
	const char *between = "";

	for (size_t i = 0; i < FORMATS; i++) {
		if (!(bits & 1U << i))
			continue;
		printf("%s%s", between, formats[i]);
		between = ", ";
	}
	printf("\n");
}

/* Prints words as "opened, closed". */
static void print_words(const char *list)
{
	for (; *list; list++)
		printf(*list == ' ' ? ", " : "%c", *list);
	printf("\n");
}

static void print_option(const struct known_option *option, const struct command *command)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", option->letter ? "-" : " ",
		 option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
		 option->value && *option->value != '[' ? " " : "",
		 option->value ? option->value : "");
	printf("  %-23s", left);
	if (strlen(left) >= 23)
		printf("\n%*s", 25, "");
	if (!strcmp(option->name, FAIL_NAME)) {
		printf("%s", option->help);
		print_words(fails_on(command));
	} else if (option->help)
		print_lines(option->help, 25);
	else
		print_formats(command->formats);
}

static void print_command_help(const struct command *command)
{
	printf("Usage: np2nft %s %s\n%s\n\nOptions:\n", command->name, command->synopsis,
	       command->help);
	for (size_t i = 0; i < KNOWN; i++) {
		bool takes = !known[i].takes || known[i].takes & command->takes;

		if (!strcmp(known[i].name, FORMAT_NAME))
			takes = command->formats;
		if (takes && strcmp(known[i].name, "version") != 0)
			print_option(&known[i], command);
	}
}

static void print_help(const struct command *commands)
{
	printf("Usage: np2nft COMMAND [OPTION]... PATH...\n"
	       "Kubernetes NetworkPolicies as one nftables table.\n\nCommands:\n");
	for (; commands->name; commands++)
		printf("  %-11s%s\n", commands->name, commands->does);
	printf("\nA PATH is a file, a folder (its *.yaml, *.yml and *.json, subfolders too), or - "
	       "for\n"
	       "standard input: policies, and the pods and namespaces that they are about.\n"
	       "`np2nft COMMAND --help` shows a command's options, exit status and an example.\n"
	       "\nExit status: 0; 2 on trouble (then no answer is printed on standard output, at "
	       "most "
	       "a\nreport of the errors in SARIF or JUnit's XML, and nothing applied); 1 where a "
	       "command\nanswers no.\n"
	       "\nExamples:\n"
	       "  np2nft compile policies/ > ruleset.nft\n"
	       "  kubectl get pods,namespaces,networkpolicies -A -o yaml |\n"
	       "      np2nft compile --node \"$(hostname)\" -\n");
}

int arguments_help(const struct command *commands, const struct command *command)
{
	if (command)
		print_command_help(command);
	else
		print_help(commands);
	return fflush(stdout);
}
