/*
 * Finds the section of a code in docs/lint.md: it begins behind "### CODE" and ends before the next
 * heading.
 */
#include "ask/lint/help.h"

#include "base/arena.h"

/* The end of the line with the heading; NULL: there is no such heading.  */
static const char *heading_end(const char *code)
{
	const size_t len = strlen(code);

	for (const char *at = asset_lint_md; (at = strstr(at, "\n### ")); at++) {
		const char *name = at + strlen("\n### ");

		if (!strncmp(name, code, len) && name[len] == '\n')
			return name + len;
	}
	return NULL;
}

const char *help_markdown(struct arena *arena, const char *code)
{
	const char *begin = heading_end(code), *end;

	if (!begin)
		return "";
	begin += strspn(begin, "\n");
	end = strstr(begin, "\n##");
	while (end && end[3] != '#' && end[3] != ' ')
		end = strstr(end + 1, "\n##");
	if (!end)
		end = begin + strlen(begin);
	while (end > begin && end[-1] == '\n')
		end--;
	return arena_strndup(arena, begin, (size_t)(end - begin));
}

const char *help_description(struct arena *arena, const char *code)
{
	const char *text = help_markdown(arena, code), *end = strstr(text, "\n\n");
	char *plain = arena_strndup(arena, text, end ? (size_t)(end - text) : strlen(text));
	size_t len = 0;

	for (const char *c = plain; *c; c++)
		if (!strchr("`*", *c))
			plain[len++] = *c;
		else
			continue;
	plain[len] = '\0';
	for (char *c = plain; *c; c++)
		if (*c == '\n')
			*c = ' ';
	return plain;
}

const char *help_uri(struct arena *arena, const char *code)
{
	return arena_printf(arena, "file://%s/lint.md#%s", NP2NFT_DOC_DIR, code);
}
