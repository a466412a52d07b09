/* Reads the command line by the table of options, and checks what a command takes. */
#include "cli/arguments.h"

#include "base/nearest.h"
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* The table in getopt's form; numbers above those of all letters stand for long options. */
#define FIRST_LONG 256

static const struct known_option *parsed(int option)
{
	if (option >= FIRST_LONG)
		return &known_options[option - FIRST_LONG];
	for (size_t i = 0; i < KNOWN_OPTIONS; i++)
		if (known_options[i].letter == option)
			return &known_options[i];
	return NULL;
}

static const struct command *find_command(const struct command *commands, const char *name)
{
	while (commands->name && strcmp(commands->name, name) != 0)
		commands++;
	return commands->name ? commands : NULL;
}

static const char *unknown_command(const struct command *commands, const char *name)
{
	struct nearest nearest = {.wanted = name};

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

	for (size_t i = 0; i < KNOWN_OPTIONS; i++) {
		if (used[i] && !strcmp(known_options[i].name, FORMAT_NAME) &&
		    !(command->formats & 1U << arguments->format))
			return wrong("%s has no --format %s; `np2nft %s --help` lists its formats",
				     command->name, format_names[arguments->format], command->name);
		if (used[i] && !takes_option(command, &known_options[i]))
			return wrong("%s does not take --%s; `np2nft %s --help` lists its options",
				     command->name, known_options[i].name, command->name);
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
	const char *named = option + strspn(option, "-");
	char name[64];
	struct nearest nearest = {.wanted = name};

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(named, "="), named);
	for (size_t i = 0; i < KNOWN_OPTIONS; i++)
		if (!command || takes_option(command, &known_options[i]))
			nearest_look_at(&nearest, known_options[i].name);
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
	struct option options[KNOWN_OPTIONS + 1] = {0};
	bool used[KNOWN_OPTIONS] = {0};
	int option;

	for (size_t i = 0; i < KNOWN_OPTIONS; i++)
		options[i] =
			(struct option){known_options[i].name, kind_of_value(&known_options[i]),
					NULL, FIRST_LONG + (int)i};
	while ((option = getopt_long(argc, argv, ":n:o:qvh", options, NULL)) != -1) {
		const struct known_option *one = parsed(option);
		const char *error =
			one ? one->set(arguments, optarg)
			    : refuse_option(option, argv, guess_command(argc, argv, commands));

		if (error)
			return error;
		if (used[one - known_options] && !can_repeat(one))
			return wrong("--%s is given twice", one->name);
		used[one - known_options] = true;
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
