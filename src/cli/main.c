/* Leads from arguments to a command: the table of all commands, and the rights with which one runs. */
#define _GNU_SOURCE /* O_PATH */

#include "cli/arguments.h"
#include "cli/begin.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/flannel_arguments.h"
#include "cli/help.h"
#include "cli/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
	{"graph", TAKES_INPUT | TAKES_PORT | TAKES_FILTER | TAKES_ONE_MORE,
	 FORMAT(SVG) | FORMAT(DOT) | FORMAT(HTML), with_one_or_both, graph_one_step, graph_step,
	 "draw who reaches whom", "--format svg|dot|html [OPTION]... PATH [NEW]",
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
		return complain("the process that speaks to the kernel has ended, or does not answer",
				NULL);
	return status;
}
