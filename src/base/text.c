/*
 * Makes texts harmless for terminals, JSON and Markdown, and measures how far one word is from
 * another.
 */
#include "base/text.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdbool.h>

const char *text_plain(struct arena *arena, const char *text)
{
	char *copy = arena_strndup(arena, text, strlen(text));

	utf8_make_plain(copy);
	return copy;
}

const char *text_counted(struct arena *arena, uint64_t count, const char *one, const char *many)
{
	return arena_printf(arena, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

const char *text_json(struct arena *arena, const char *text)
{
	struct string out = {0};

	json_append_string(arena, &out, text);
	return out.text;
}

const char *text_md(struct arena *arena, const char *text)
{
	struct string out = {0};

	out.text = arena_alloc(arena, 1);
	for (; *text; text++)
		arena_append(arena, &out, "%s%c", strchr("\\`*_|<>[]~&", *text) ? "\\" : "", *text);
	return out.text;
}

void text_lower(const char *text, char *out, size_t size)
{
	size_t i;

	for (i = 0; text[i] && i < size - 1; i++)
		out[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
	out[i] = '\0';
}
