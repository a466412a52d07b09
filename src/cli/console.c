/* Prints diagnostics, and chooses how answers are written. */
#include "cli/console.h"

#include "cli/colour.h"
#include "cli/write_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Prints a text that may hold anything, such as the name of a file: what would drive the terminal or
 * make new lines is replaced.
 */
static void print_plain(const char *text)
{
	char *copy = strdup(text);

	if (copy)
		np2nft_make_plain(copy);
	fputs(copy ? copy : "(out of memory)", stderr);
	free(copy);
}

int complain(const char *what, const char *about)
{
	fputs("np2nft: error: ", stderr);
	print_plain(what);
	if (about) {
		fputs(": ", stderr);
		print_plain(about);
	}
	fputc('\n', stderr);
	return EXIT_TROUBLE;
}

void warn(const char *what)
{
	fputs("np2nft: warning: ", stderr);
	print_plain(what);
	fputc('\n', stderr);
}

/* Opens a file a second time, if it is no pipe and nothing else that could block. */
static FILE *open_regular(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	FILE *file = NULL;

	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode))
		file = fdopen(fd, "r");
	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/*
 * Reads the line of the input that a diagnostic is about, made fit to be shown; the caller frees
 * it.  NULL: there is none.
 */
static char *read_line(const struct np2nft_diagnostic *diagnostic)
{
	FILE *file = diagnostic->line ? open_regular(diagnostic->file) : NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t len = -1;

	for (uint32_t i = 0; file && i < diagnostic->line; i++)
		len = getline(&line, &size, file);
	if (file)
		fclose(file);
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	/* A line that does not fit a screen (of JSON) is no help, and one with a NUL is no text. */
	if (len <= 0 || len >= 200 || strlen(line) != (size_t)len) {
		free(line);
		return NULL;
	}
	for (char *c = line; *c; c++)
		if (*c == '\t')
			*c = ' ';
	np2nft_make_plain(line);
	return line;
}

/* Prints that line, and a caret below the column. */
static void show_line(const struct np2nft_diagnostic *diagnostic)
{
	char *line = read_line(diagnostic);

	if (!line)
		return;
	fprintf(stderr, "    %s\n    ", line);
	for (uint32_t col = 1, i = 0; col < diagnostic->column && line[i]; i++)
		if ((line[i] & 0xc0) != 0x80) {
			fputc(' ', stderr);
			col++;
		}
	fputs("^\n", stderr);
	free(line);
}

static void print_place(const struct np2nft_diagnostic *diagnostic)
{
	print_plain(diagnostic->file ? diagnostic->file : "np2nft");
	if (diagnostic->file && diagnostic->line)
		fprintf(stderr, ":%u:%u", diagnostic->line, diagnostic->column);
	fputs(": ", stderr);
}

void report(struct np2nft *n, bool quiet)
{
	static const char *const words[] = {
		[NP2NFT_ERROR] = "error", [NP2NFT_WARNING] = "warning", [NP2NFT_NOTE] = "note"};
	const bool terminal = isatty(STDERR_FILENO) == 1, painted = may_paint(STDERR_FILENO);

	for (size_t i = 0; i < np2nft_diagnostic_count(n); i++) {
		const struct np2nft_diagnostic *diagnostic = np2nft_diagnostic(n, i);
		const char *word = words[diagnostic->severity];

		if (quiet && diagnostic->severity != NP2NFT_ERROR)
			continue;
		print_place(diagnostic);
		fprintf(stderr, "%s%s%s: %s\n", painted ? paint_of(word) : "", word,
			painted ? paint_end : "", diagnostic->text);
		if (terminal)
			show_line(diagnostic);
	}
}

np2nft_writer writer_for(enum np2nft_format format)
{
	return format == NP2NFT_TEXT && may_paint(STDOUT_FILENO) ? write_painted : write_bytes;
}
