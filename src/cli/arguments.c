/* Has the table of options, from which arguments are read and help is printed. */
#include "cli/arguments.h"

#include "cli/nearest.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char problem[512];

/* Writes a message about an argument.  Arguments may be long: give them as %.200s. */
__attribute__((format(printf, 1, 2))) static const char *wrong(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(problem, sizeof(problem), format, values);
	va_end(values);
	return problem;
}

/* Returns "; did you mean "WORD"?" with the word that was found, or @otherwise. */
static const char *hint(const struct nearest *nearest, const char *before, const char *otherwise)
{
	static char text[64];

	if (!nearest->found)
		return otherwise;
	snprintf(text, sizeof(text), "; did you mean \"%s%s\"?", before, nearest->found);
	return text;
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
	return *value ? NULL : "--node needs the name of a node";
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
	return wrong(
		"--table: \"%.200s\" is no name that nft takes: a letter, then letters, digits and "
		"/ \\ _ . -",
		value);
}

static const char *set_deny(struct arguments *arguments, const char *value)
{
	arguments->options.reject = !strcmp(value, "reject");
	return arguments->options.reject || !strcmp(value, "drop")
		       ? NULL
		       : wrong("--deny takes drop or reject, not \"%.200s\"", value);
}

static const char *set_format(struct arguments *arguments, const char *value)
{
	struct nearest nearest = {.wanted = value, .len = strlen(value)};

	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(value, formats[i])) {
			arguments->format = (enum np2nft_format)i;
			return NULL;
		}
	for (size_t i = 0; i < FORMATS; i++)
		nearest_look_at(&nearest, formats[i]);
	return wrong("there is no --format \"%.200s\"%s", value,
		     hint(&nearest, "", "; `np2nft COMMAND --help` lists those of a command"));
}

/* Joins the codes of all --ignore, with blanks between them. */
static const char *set_ignore(struct arguments *arguments, const char *value)
{
	static char codes[1024];
	const size_t len = strlen(codes);

	if (len + strlen(value) + 2 > sizeof(codes))
		return "--ignore has too many codes";
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
		return wrong("--wait takes a number of seconds up to 999999, not \"%.200s\"",
			     value);
	arguments->options.wait = strtol(value, NULL, 10);
	if (!arguments->options.wait)
		arguments->options.wait = -1;
	return NULL;
}

static const char *set_silence(struct arguments *arguments, const char *value)
{
	const size_t digits = strspn(value, "0123456789");

	if (!digits || value[digits] || digits > 5 || *value == '0')
		return wrong("--silence takes a number of seconds from 1 to 99999, not \"%.200s\"",
			     value);
	arguments->agent.silence = strtol(value, NULL, 10);
	return NULL;
}

static const char *set_verify_every(struct arguments *arguments, const char *value)
{
	const size_t digits = strspn(value, "0123456789");

	if (!digits || value[digits] || digits > 6)
		return wrong(
			"--verify-every takes a number of seconds up to 999999, not \"%.200s\"",
			value);
	arguments->agent.verify_every = strtol(value, NULL, 10);
	if (!arguments->agent.verify_every)
		arguments->agent.verify_every = -1;
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
	{"from", "PEER", 0, TAKES_QUESTION, set_from, "the end that begins the connection"},
	{"to", "PEER", 0, TAKES_QUESTION, set_to, "the end that answers"},
	{"port", "PORT", 0, TAKES_PORT, set_port, "8080/TCP, 53/UDP, a port's name, or ICMP"},
	{"pod", "PEER", 0, TAKES_FILTER, set_pod, "show only connections of this pod or workload"},
	{"namespace", "NS", 'n', TAKES_INPUT, set_namespace,
	 "the namespace of objects that name none (default: default)"},
	{"node", "NAME", 0, TAKES_NODE, set_node,
	 "enforce policies only for the pods on this node; as peers, all\npods count"},
	{"table", "NAME", 0, 0, set_table,
	 "the table's name (default: np2nft); its family is inet"},
	{"skip-other-files", NULL, 0, TAKES_SKIP, set_skip_other_files,
	 "skip documents that are no Kubernetes objects, and files that are\nno YAML"},
	{"deny", "HOW", 0, TAKES_NODE, set_deny,
	 "what happens to denied packets: drop or reject (default: drop)"},
	{"output", "FILE", 'o', TAKES_OUTPUT, set_output,
	 "write to FILE instead of standard output"},
	{"dry-run", NULL, 0, TAKES_APPLY, set_dry_run,
	 "only print what would be sent and which connections would be ended"},
	{"no-guard", NULL, 0, TAKES_GUARD, set_no_guard,
	 "let pods send from addresses that are not theirs, and wrap packets\nfor tunnels"},
	{"closed", "CIDR[,CIDR]|node", 0, TAKES_CLOSED, set_closed,
	 "the ranges of this node's pods (node: those in its Node object):\ndeny what is from or "
	 "for an "
	 "address there that no known pod has"},
	{"no-revoke", NULL, 0, TAKES_APPLY | TAKES_AGENT, set_no_revoke,
	 "do not end the connections that the policies no longer allow"},
	{"verify", NULL, 0, TAKES_APPLY, set_verify,
	 "afterwards prove that the kernel's table judges every packet as the\npolicies do"},
	{"compiled", NULL, 0, TAKES_VERIFY, set_compiled,
	 "prove the ruleset that `compile` makes of PATH, and read no kernel"},
	{"force", NULL, 0, TAKES_APPLY | TAKES_AGENT, set_force,
	 "enforce also beside kube-proxy's IPVS mode, which bypasses rules"},
	{"without-other-policies", NULL, 0, TAKES_APPLY, set_without_other_policies,
	 "apply although the input has policies of kinds that np2nft does not\nread"},
	{"without-domain-names", NULL, 0, TAKES_APPLY, set_without_domain_names,
	 "apply although ClusterNetworkPolicies name domains as peers: an\nAccept by them accepts "
	 "nothing, a Deny or Pass denies everything"},
	{"wait", "SECONDS", 0, TAKES_WAIT, set_wait,
	 "how long to wait while another process holds the lock on the network\nnamespace "
	 "(default: 300; 0: not at all)"},
	{"kubeconfig", "FILE", 0, TAKES_AGENT, set_kubeconfig,
	 "names the API server and the agent's account there (default: the\npod's service "
	 "account)"},
	{"listen", "ADDRESS:PORT", 0, TAKES_AGENT, set_listen,
	 "answer HTTP for /metrics, /livez and /readyz there"},
	{"nri", "[=SOCKET]", 0, TAKES_AGENT, set_nri,
	 "let the container runtime tell of pods before they run (default:\n" NP2NFT_NRI_SOCKET
	 ")"},
	{"log-denied", NULL, 0, TAKES_AGENT, set_log_denied,
	 "log denied packets, at most ten a second"},
	{"cleanup", NULL, 0, TAKES_AGENT, set_cleanup, "remove the table when the agent ends"},
	{"silence", "SECONDS", 0, TAKES_AGENT, set_silence,
	 "a connection on which nothing arrives for so long counts as lost\n(default: 90)"},
	{"verify-every", "SECONDS", 0, TAKES_AGENT, set_verify_every,
	 "verify the table in the kernel again after so long (default: 600; 0: never)"},
	{"json", NULL, 0, TAKES_AGENT, set_json,
	 "speak JSON with the API server, instead of protobuf"},
	{"pods", NULL, 0, TAKES_MATRIX, set_pods,
	 "give each pod a row, instead of each owner of pods"},
	{"require-isolated", NULL, 0, TAKES_MATRIX, set_require_isolated,
	 "end with status 1 if some pod is not isolated in both directions"},
	{"isolated-by-tiers", NULL, 0, TAKES_MATRIX, set_isolated_by_tiers,
	 "a pod counts as isolated also if Admin or Baseline denies it to all\npods that no rule "
	 "names"},
	{"denied", NULL, 0, TAKES_FILTER, set_denied,
	 "show also what is denied, and who denies it"},
	{"fail-on", "WHAT", 0, TAKES_FAIL_ON, set_fail_on, "what makes the exit status 1: "},
	{"ignore", "CODE", 0, TAKES_IGNORE, set_ignore,
	 "do not report findings with this code; may be given several times"},
	{"format", "FORMAT", 0, 0, set_format, NULL},
	{"quiet", NULL, 'q', 0, set_quiet, "print no warnings and notes"},
	{"verbose", NULL, 'v', 0, set_verbose,
	 "tell what was made, its bounds, and the time that it took"},
	{"help", NULL, 'h', 0, set_help, "show this text"},
	{"version", NULL, 0, 0, set_version, "show the version"},
};

#define KNOWN       (sizeof(known) / sizeof(*known))
#define FORMAT_NAME "format"
#define FAIL_NAME   "fail-on"
#define HELP_NAME   "help"

/* What help says of an option to commands for which it means something else than above. */
static const struct own_words {
	const char *option;
	unsigned takes; /* the commands: those that take one of these */
	const char *help;
} own_words[] = {
	{"port", TAKES_FILTER,
	 "show only connections on this port: 8080/TCP, 53/UDP, a port's\nname, or ICMP"},
	{"namespace", TAKES_FILTER,
	 "show only connections of pods in this namespace, which is also\nthat of objects that "
	 "name "
	 "none (default: default)"},
	{"node", TAKES_AGENT,
	 "the name of this node (`kubectl get nodes`), for whose pods policies\nare enforced; as "
	 "peers, all pods count"},
	{"closed", TAKES_VERIFY, "the ranges with which the table was made (`apply --closed`)"},
	{"verbose", TAKES_AGENT, "log also the events that occur all the time"},
};

#define OWN_WORDS (sizeof(own_words) / sizeof(*own_words))

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

/* May the option be given to the command?  --format is checked with its value. */
static bool takes_option(const struct command *command, const struct known_option *option)
{
	if (!strcmp(option->name, FORMAT_NAME))
		return command->formats;
	return !option->takes || option->takes & command->takes;
}

static const char *unknown_command(const struct command *commands, const char *name)
{
	struct nearest nearest = {.wanted = name, .len = strlen(name)};

	for (; commands->name; commands++)
		nearest_look_at(&nearest, commands->name);
	nearest_look_at(&nearest, HELP_NAME);
	return wrong("there is no command \"%.200s\"%s", name,
		     hint(&nearest, "", "; `np2nft --help` lists them"));
}

static const char *check_paths(const struct command *command, const struct arguments *arguments)
{
	if (command->takes & TAKES_TWO)
		return arguments->path_count == 2
			       ? NULL
			       : wrong("%s needs two PATHs: the old one and the new one",
				       command->name);
	if (command->takes & TAKES_ONE_MORE && arguments->path_count > 2)
		return wrong("%s takes at most two PATHs: the old one and the new one",
			     command->name);
	if (!(command->takes & TAKES_INPUT))
		return arguments->path_count ? wrong("%s takes no PATH, but \"%.200s\" is given",
						     command->name, *arguments->paths)
					     : NULL;
	return arguments->path_count
		       ? NULL
		       : wrong("%s needs a PATH: a file, a folder, or - for standard input",
			       command->name);
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

/* Names those of the three options of a question that were not given. */
static const char *missing_words(const struct arguments *arguments)
{
	const char *missing[3];
	size_t count = 0;

	if (!arguments->from)
		missing[count++] = "--from";
	if (!arguments->to)
		missing[count++] = "--to";
	if (!arguments->port)
		missing[count++] = "--port";
	return wrong("%s needs %s%s%s%s%s", arguments->command->name, missing[0],
		     count > 2 ? ", " : "", count > 2 ? missing[1] : "", count > 1 ? " and " : "",
		     count > 1 ? missing[count - 1] : "");
}

static const char *check(const struct arguments *arguments, const bool *used)
{
	const struct command *command = arguments->command;

	for (size_t i = 0; i < KNOWN; i++) {
		if (used[i] && !strcmp(known[i].name, FORMAT_NAME) &&
		    !(command->formats & 1U << arguments->format))
			return wrong("%s has no --format %s; `np2nft %s --help` lists its formats",
				     command->name, formats[arguments->format], command->name);
		if (used[i] && !takes_option(command, &known[i]))
			return wrong("%s does not take --%s; `np2nft %s --help` lists its options",
				     command->name, known[i].name, command->name);
	}
	if (command->formats && !(command->formats & 1U << arguments->format))
		return wrong("%s needs a --format; `np2nft %s --help` lists its formats",
			     command->name, command->name);
	if (arguments->fail_on && !is_among(arguments->fail_on, fails_on(command)))
		return wrong("--fail-on does not take \"%.200s\", but one of: %s",
			     arguments->fail_on, fails_on(command));
	if (command->takes & TAKES_QUESTION &&
	    !(arguments->from && arguments->to && arguments->port))
		return missing_words(arguments);
	return check_paths(command, arguments);
}

/* Of two values one would be left out without a word; --ignore takes several. */
static bool can_repeat(const struct known_option *option)
{
	return !option->value || option->set == set_ignore;
}

/* Whether the option has a value, in getopt's words. */
static int kind_of_value(const struct known_option *option)
{
	if (!option->value)
		return no_argument;
	return *option->value == '[' ? optional_argument : required_argument;
}

/*
 * @option begins with one or two hyphens.  If the command is known (not NULL), only an option of its own
 * can be meant.
 */
static const char *unknown_option(const char *option, const struct command *command)
{
	const char *name = option + strspn(option, "-");
	struct nearest nearest = {.wanted = name, .len = strcspn(name, "=")};

	for (size_t i = 0; i < KNOWN; i++)
		if (!command || takes_option(command, &known[i]))
			nearest_look_at(&nearest, known[i].name);
	return wrong("%.200s is no option, or the beginning of several%s", option,
		     hint(&nearest, "--", "; `np2nft COMMAND --help` lists those of a command"));
}

/* The first argument that is a command's name, while options are still being read; NULL: none is. */
static const struct command *guess_command(int argc, char *const *argv,
					   const struct command *commands)
{
	const struct command *found = NULL;

	for (int i = 1; i < argc && !found; i++)
		found = find_command(commands, argv[i]);
	return found;
}

/*
 * Says what is wrong with the argument that getopt_long() has just read.  Its own words would show the
 * argument as it is, whatever it does to a terminal.
 */
static const char *refuse_option(int answer, char *const *argv, const struct command *command)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *option = optopt && optopt < FIRST_LONG ? letter : argv[optind - 1];

	if (answer == ':')
		return wrong("%.200s needs a value", option);
	if (optopt >= FIRST_LONG)
		return wrong("%.200s takes no value", option);
	return unknown_option(option, command);
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
	while ((option = getopt_long(argc, argv, ":n:o:qvh", options, NULL)) != -1) {
		const struct known_option *one = parsed(option);
		const char *error =
			one ? one->set(arguments, optarg)
			    : refuse_option(option, argv, guess_command(argc, argv, commands));

		if (error)
			return error;
		if (used[one - known] && !can_repeat(one))
			return wrong("--%s is given twice", one->name);
		used[one - known] = true;
	}
	/* "help COMMAND" is "COMMAND --help", and "help" alone is "--help". */
	if (optind < argc && !strcmp(argv[optind], HELP_NAME)) {
		arguments->help = true;
		optind++;
	}
	if (optind < argc) {
		arguments->command = find_command(commands, argv[optind]);
		if (!arguments->command)
			return unknown_command(commands, argv[optind]);
		arguments->paths = (const char *const *)&argv[optind + 1];
		arguments->path_count = (size_t)(argc - optind - 1);
	}
	if (arguments->help || arguments->version)
		return NULL;
	return arguments->command ? check(arguments, used)
				  : "no command is given; `np2nft --help` lists them";
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

static const char *words_for(const struct known_option *option, const struct command *command)
{
	for (size_t i = 0; i < OWN_WORDS; i++)
		if (!strcmp(own_words[i].option, option->name) &&
		    own_words[i].takes & command->takes)
			return own_words[i].help;
	return option->help;
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
		print_lines(words_for(option, command), 25);
	else
		print_formats(command->formats);
}

/* Does the option mean anything to the command that takes it? */
static bool uses_option(const struct command *command, const struct known_option *option)
{
	if (!strcmp(option->name, "table"))
		return command->takes & TAKES_TABLE;
	/* A proof is about what passes, and not about what becomes of the rest. */
	if (!strcmp(option->name, "deny"))
		return !(command->takes & TAKES_VERIFY);
	if (!strcmp(option->name, "verbose"))
		return command->takes & TAKES_NODE;
	return strcmp(option->name, "version") != 0;
}

static void print_command_help(const struct command *command)
{
	printf("Usage: np2nft %s %s\n%s\n\nOptions:\n", command->name, command->synopsis,
	       command->help);
	for (size_t i = 0; i < KNOWN; i++)
		if (takes_option(command, &known[i]) && uses_option(command, &known[i]))
			print_option(&known[i], command);
}

static void print_help(const struct command *commands)
{
	printf("Usage: np2nft COMMAND [OPTION]... PATH...\n"
	       "Kubernetes NetworkPolicies as one nftables table.\n\nCommands:\n");
	for (; commands->name; commands++)
		printf("  %-11s%s\n", commands->name, commands->does);
	printf("\nA PATH is a file, a folder (its *.yaml, *.yml and *.json files are read, with "
	       "those in\n"
	       "subfolders) or - for standard input.  It holds policies, and the pods and "
	       "namespaces\n"
	       "that they are about.\n\n"
	       "`np2nft help COMMAND` and `np2nft COMMAND --help` show a command's options, exit "
	       "status\n"
	       "and an example.\n\n"
	       "Exit status: 0 done, or the answer is yes; 1 the answer is no; 2 the command "
	       "failed.\n"
	       "A command that fails applies nothing and prints no answer, except that lint and "
	       "test\n"
	       "print a report of the errors in the formats sarif and junit.\n"
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
