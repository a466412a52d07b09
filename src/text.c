/* Words for terminals and JSON.  See text.h. */
#include "text.h"

#include "arena.h"
#include "utf8.h"

#include <inttypes.h>

const char *text_plain(struct arena *arena, const char *text)
{
	char *copy = arena_printf(arena, "%s", text);

	for (unsigned char *c = (unsigned char *)copy; *c; c++)
		if (*c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			*c = '?';
	return copy;
}

const char *text_counted(struct arena *arena, uint64_t count, const char *one, const char *many)
{
	return arena_printf(arena, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

const char *text_json(struct arena *arena, const char *text)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + strlen(text);
	struct string out = {0};

	arena_append(arena, &out, "\"");
	while (c < end) {
		size_t len = utf8_len(c, end);

		if (!len)
			arena_append(arena, &out, "\\ufffd");
		else if (*c < ' ' || *c == 0x7f)
			arena_append(arena, &out, "\\u%04x", *c);
		else
			arena_append(arena, &out, "%s%.*s", *c == '"' || *c == '\\' ? "\\" : "",
				     (int)len, (const char *)c);
		c += len ? len : 1;
	}
	arena_append(arena, &out, "\"");
	return out.text;
}
