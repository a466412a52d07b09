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

size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][64], la = strlen(a), lb = strlen(b);

	if (la >= 64 || lb >= 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3],
		       *earlier = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			bool same = a[i - 1] == b[j - 1];
			size_t best = before[j - 1] + !same;

			if (before[j] + 1 < best)
				best = before[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    earlier[j - 2] + 1 < best)
				best = earlier[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[la % 3][lb];
}
