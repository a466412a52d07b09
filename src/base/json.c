/*
 * Each call appends to one growing text, and decides from the last thing written whether a comma
 * must come first.
 */
#include "base/json.h"

#include "base/must.h"
#include "base/utf8.h"

#include <inttypes.h>

#define DEPTH_MAX 64

static void append_character(struct arena *arena, struct string *out, const unsigned char *c,
			     size_t len)
{
	const uint32_t code = utf8_code(c, len);

	if (utf8_is_unseen(code))
		arena_append(arena, out, "\\u%04" PRIx32, code);
	else
		arena_append(arena, out, "%s%.*s", code == '"' || code == '\\' ? "\\" : "",
			     (int)len, (const char *)c);
}

/* How many bytes from @c on need no escape.  Most strings need none at all. */
static size_t plain_len(const unsigned char *c, const unsigned char *end)
{
	const unsigned char *at = c;

	while (at < end && *at >= ' ' && *at < 0x7f && *at != '"' && *at != '\\')
		at++;
	return (size_t)(at - c);
}

void json_append_string(struct arena *arena, struct string *out, const char *text)
{
	const unsigned char *c = (const unsigned char *)text, *end = c + strlen(text);

	arena_add(arena, out, "\"");
	while (c < end) {
		size_t len = plain_len(c, end);

		if (len) {
			arena_append(arena, out, "%.*s", (int)len, (const char *)c);
		} else if ((len = utf8_len(c, end))) {
			append_character(arena, out, c, len);
		} else {
			arena_add(arena, out, "\\ufffd");
			len = 1;
		}
		c += len;
	}
	arena_add(arena, out, "\"");
}

/* Writes what separates two values: a comma, then a line break or a space. */
static void separate(struct json *json)
{
	if (json->comma)
		arena_add(json->arena, &json->text, ",");
	if (json->breaks)
		arena_append(json->arena, &json->text, "\n%*s", (int)json->indent, "");
	else if (json->comma && !json->packed)
		arena_add(json->arena, &json->text, " ");
	json->breaks = false;
	json->comma = true;
}

static void begin_value(struct json *json, const char *key)
{
	separate(json);
	if (!key)
		return;
	json_append_string(json->arena, &json->text, key);
	arena_add(json->arena, &json->text, json->packed ? ":" : ": ");
}

static void open_bracket(struct json *json, const char *key, bool is_array)
{
	begin_value(json, key);
	must(json->depth < DEPTH_MAX);
	json->arrays &= ~((uint64_t)1 << json->depth);
	json->arrays |= (uint64_t)is_array << json->depth++;
	arena_add(json->arena, &json->text, is_array ? "[" : "{");
	json->comma = false;
}

void json_open_object(struct json *json, const char *key)
{
	open_bracket(json, key, false);
}

void json_open_array(struct json *json, const char *key)
{
	open_bracket(json, key, true);
}

void json_close(struct json *json)
{
	must(json->depth);
	json->comma = false;
	separate(json);
	arena_add(json->arena, &json->text, json->arrays >> --json->depth & 1 ? "]" : "}");
}

void json_put_text(struct json *json, const char *key, const char *text)
{
	begin_value(json, key);
	if (text)
		json_append_string(json->arena, &json->text, text);
	else
		arena_add(json->arena, &json->text, "null");
}

void json_put_number(struct json *json, const char *key, uint64_t number)
{
	begin_value(json, key);
	arena_append(json->arena, &json->text, "%" PRIu64, number);
}

void json_put_real(struct json *json, const char *key, double number, int decimals)
{
	begin_value(json, key);
	arena_append(json->arena, &json->text, "%.*f", decimals, number);
}

void json_put_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	arena_add(json->arena, &json->text, value ? "true" : "false");
}

void json_put_null(struct json *json, const char *key)
{
	json_put_text(json, key, NULL);
}

void json_put_written(struct json *json, const char *written)
{
	separate(json);
	arena_add(json->arena, &json->text, written);
}

void json_break(struct json *json, unsigned indent)
{
	json->breaks = true;
	json->indent = indent;
}

const char *json_end(struct json *json)
{
	must(!json->depth);
	arena_add(json->arena, &json->text, "\n");
	return json->text.text;
}
