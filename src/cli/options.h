/*
 * The options of the program, and what each does.
 *
 * In: the value of an option.  Out: arguments that hold it, or words that say what is wrong with it.
 */
#ifndef NP2NFT_CLI_OPTIONS_H
#define NP2NFT_CLI_OPTIONS_H

#include "cli/arguments.h"

#include <stdbool.h>

struct nearest;

/*
 * An option.  @set notes its value (NULL, if it has none) in the arguments; it returns NULL, or a text that says what is
 * wrong and lives as long as the program.
 */
struct known_option {
	const char *name;
	const char *value; /* NULL: it has no value; in brackets: the value may be left out */
	char letter;
	unsigned takes; /* commands that take one of these take the option; 0: every command does */
	const char *(*set)(struct arguments *arguments, const char *value);
	const char *help;
};

#define KNOWN_OPTIONS 39
#define FORMAT_NAME   "format"
#define FAIL_NAME     "fail-on"
#define HELP_NAME     "help"

/* All options, in the order in which help lists them. */
extern const struct known_option known_options[KNOWN_OPTIONS];

#define FORMATS 10

/* The formats' names, by enum np2nft_format. */
extern const char *const format_names[FORMATS];

/* May the option be given to the command?  --format is checked with its value. */
bool takes_option(const struct command *command, const struct known_option *option);

/*
 * May the option be given several times?  Of two values one would be left out without a word, but --ignore takes
 * several.
 */
bool can_repeat(const struct known_option *option);

/* The words that --fail-on takes, separated by blanks. */
const char *fails_on(const struct command *command);

/*
 * Writes a message about an argument; the text lives as long as the program, or until the next one.  Arguments may be
 * long: give them as %.200s.
 */
__attribute__((format(printf, 1, 2))) const char *wrong(const char *format, ...);

/*
 * Returns "; did you mean "WORD"?" with the word that was found and @before before it, or @otherwise.  The text lives
 * until the next call.
 */
const char *hint(const struct nearest *nearest, const char *before, const char *otherwise);

#endif
