/* Has the table of options, with what each does to the arguments. */
#include "cli/options.h"

#include "base/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char problem[512];

const char *wrong(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(problem, sizeof(problem), format, values);
	va_end(values);
	return problem;
}

const char *hint(const struct nearest *nearest, const char *before, const char *otherwise)
{
	static char text[64];

	if (!nearest->found)
		return otherwise;
	snprintf(text, sizeof(text), "; did you mean \"%s%s\"?", before, nearest->found);
	return text;
}

const char *const format_names[FORMATS] = {
	[NP2NFT_TEXT] = "text",   [NP2NFT_JSON] = "json",   [NP2NFT_CSV] = "csv",
	[NP2NFT_MD] = "md",       [NP2NFT_SARIF] = "sarif", [NP2NFT_TAP] = "tap",
	[NP2NFT_JUNIT] = "junit", [NP2NFT_SVG] = "svg",     [NP2NFT_DOT] = "dot",
	[NP2NFT_HTML] = "html",
};

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
	struct nearest nearest = {.wanted = value};

	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(value, format_names[i])) {
			arguments->format = (enum np2nft_format)i;
			return NULL;
		}
	for (size_t i = 0; i < FORMATS; i++)
		nearest_look_at(&nearest, format_names[i]);
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

const struct known_option known_options[] = {
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

_Static_assert(sizeof(known_options) / sizeof(*known_options) == KNOWN_OPTIONS,
	       "as options.h says");

bool can_repeat(const struct known_option *option)
{
	return !option->value || option->set == set_ignore;
}

bool takes_option(const struct command *command, const struct known_option *option)
{
	if (!strcmp(option->name, FORMAT_NAME))
		return command->formats;
	return !option->takes || option->takes & command->takes;
}

const char *fails_on(const struct command *command)
{
	return command->takes & TAKES_IGNORE ? "warning note never" : "opened closed";
}
