/*
 * Has a table of words, the places where they may stand, and their colours.
 *
 * It looks for our own words only, at the places where our answers have them.  If somebody gave a
 * pod such a name, it may be coloured at the same place, too, which does no harm.
 */
#include "cli/colour.h"

#include "cli/write_bytes.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GREEN  "\033[1;32m"
#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define CYAN   "\033[1;36m"

const char paint_end[] = "\033[0m";

static const struct word {
	const char *text;
	const char *before; /* the text before the word; NULL: it begins the line */
	/* the text behind the word; NULL: the line ends, or any blank or comma follows */
	const char *behind;
	const char *paint;
} words[] = {
	{"ALLOWED", NULL, NULL, GREEN}, {"DENIED", NULL, NULL, RED},    {"DENIED", ": ", NULL, RED},
	{"opened", NULL, "", GREEN},    {"closed", NULL, "", RED},      {"FAIL", ": ", ":", RED},
	{"error", ": ", ":", RED},      {"warning", ": ", ":", YELLOW}, {"note", ": ", ":", CYAN},
};

#define WORDS (sizeof(words) / sizeof(*words))

bool may_paint(int fd)
{
	const char *terminal = getenv("TERM"), *refused = getenv("NO_COLOR");

	return isatty(fd) == 1 && terminal && *terminal && strcmp(terminal, "dumb") != 0 &&
	       !(refused && *refused);
}

const char *paint_of(const char *text)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].behind && *words[i].behind && !strcmp(words[i].text, text))
			return words[i].paint;
	return "";
}

static bool ends_well(const struct word *word, const char *at, const char *end)
{
	if (!word->behind)
		return at == end || *at == ' ' || *at == ',';
	return *word->behind ? at < end && *at == *word->behind : at == end;
}

/* Finds the word in a line that ends at @end; returns NULL if it is not there. */
static const char *find_word(const struct word *word, const char *line, const char *end)
{
	const size_t before = word->before ? strlen(word->before) : 0, len = strlen(word->text);

	for (const char *at = line; (size_t)(end - at) >= before + len; at++) {
		if ((!before || !memcmp(at, word->before, before)) &&
		    !memcmp(at + before, word->text, len) &&
		    ends_well(word, at + before + len, end))
			return at + before;
		if (!word->before)
			break;
	}
	return NULL;
}

static int write_line(void *context, const char *line, const char *end)
{
	for (size_t i = 0; i < WORDS; i++) {
		const char *at = find_word(&words[i], line, end);
		const size_t len = strlen(words[i].text);

		if (at)
			return write_bytes(context, line, (size_t)(at - line)) ||
			       write_bytes(context, words[i].paint, strlen(words[i].paint)) ||
			       write_bytes(context, at, len) ||
			       write_bytes(context, paint_end, strlen(paint_end)) ||
			       write_bytes(context, at + len, (size_t)(end - at) - len);
	}
	return write_bytes(context, line, (size_t)(end - line));
}

int write_painted(void *context, const char *bytes, size_t len)
{
	const char *end = bytes + len;

	while (bytes < end) {
		const char *line_end = memchr(bytes, '\n', (size_t)(end - bytes));

		if (write_line(context, bytes, line_end ? line_end : end) ||
		    (line_end && write_bytes(context, "\n", 1)))
			return -1;
		bytes = line_end ? line_end + 1 : end;
	}
	return 0;
}
