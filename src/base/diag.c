/*
 * Keeps diagnostics in the order in which they come.  Each becomes one line that neither drives a
 * terminal nor turns the direction of writing, whatever texts of the input it repeats.  A very long
 * one loses its middle.
 */
#include "base/diag.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdbool.h>

/* Nobody reads more than this of one diagnostic.  The end is kept, since it says what is wrong. */
#define TEXT_MAX 900
#define TEXT_END 300

/* Cuts the middle out of a text that is too long, without splitting a character. */
static void shorten(char *text)
{
	size_t len = strlen(text), begin = TEXT_MAX - TEXT_END, end = len - TEXT_END;

	if (len <= TEXT_MAX)
		return;
	while ((text[begin] & 0xc0) == 0x80)
		begin--;
	while ((text[end] & 0xc0) == 0x80)
		end++;
	memcpy(text + begin, "...", 3);
	memmove(text + begin + 3, text + end, len - end + 1);
}

__attribute__((format(printf, 3, 0))) static void add(struct diags *diags, struct diag diag,
						      const char *format, va_list list)
{
	char *text = arena_vprintf(diags->arena, format, list);

	utf8_make_plain(text);
	shorten(text);
	diag.text = text;
	/* The diagnostic may outlive what the file's name came from. */
	if (diag.mark.file)
		diag.mark.file =
			arena_strndup(diags->arena, diag.mark.file, strlen(diag.mark.file));
	arena_push(diags->arena, diags->items, diags->count, diag);
	if (diag.severity == DIAG_ERROR)
		diags->errors++;
}

void diag_add(struct diags *diags, enum severity severity, struct mark mark, const char *format,
	      ...)
{
	va_list list;

	va_start(list, format);
	add(diags, (struct diag){.severity = severity, .mark = mark}, format, list);
	va_end(list);
}

void diag_syntax(struct diags *diags, struct mark mark, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	add(diags, (struct diag){.severity = DIAG_ERROR, .mark = mark, .is_syntax = true}, format,
	    list);
	va_end(list);
}

void diags_soften(struct diags *diags, size_t from)
{
	for (size_t i = from; i < diags->count; i++)
		if (diags->items[i].severity == DIAG_ERROR) {
			diags->items[i].severity = DIAG_WARNING;
			diags->errors--;
		}
}
