/* Prints help texts: of a command with the options that it takes, or of the program. */
#include "cli/help.h"

#include "cli/options.h"

#include <stdio.h>
#include <string.h>

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
		printf("%s%s", between, format_names[i]);
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
	for (size_t i = 0; i < KNOWN_OPTIONS; i++)
		if (takes_option(command, &known_options[i]) &&
		    uses_option(command, &known_options[i]))
			print_option(&known_options[i], command);
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
