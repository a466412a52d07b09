/* The list of diagnostics.  See diag.h. */
#include "diag.h"

#include "arena.h"

#include <stdarg.h>
#include <stdio.h>

void diag_add(struct diags *diags, enum severity severity, struct mark mark, const char *format,
	      ...)
{
	struct diag diag = {.severity = severity, .mark = mark};
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	/* One diagnostic is one line, whatever the input holds. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	diag.text = arena_strndup(diags->arena, text, strlen(text));
	arena_push(diags->arena, diags->items, diags->count, diag);
	if (severity == DIAG_ERROR)
		diags->errors++;
}
