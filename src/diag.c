/* The list of diagnostics.  See diag.h. */
#include "diag.h"

#include "arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* One diagnostic is one line, and moves no cursor, whatever the input holds: ? for each control. */
static void make_printable(char *text)
{
	char *out = text;

	for (const unsigned char *c = (unsigned char *)text; *c; c++) {
		/* U+0080 to U+009F, in UTF-8 */
		bool c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;

		*out++ = c1 || *c < ' ' || *c == 0x7f ? '?' : (char)*c;
		c += c1;
	}
	*out = '\0';
}

void diag_add(struct diags *diags, enum severity severity, struct mark mark, const char *format,
	      ...)
{
	struct diag diag = {.severity = severity, .mark = mark};
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	make_printable(text);
	diag.text = arena_strndup(diags->arena, text, strlen(text));
	arena_push(diags->arena, diags->items, diags->count, diag);
	if (severity == DIAG_ERROR)
		diags->errors++;
}
