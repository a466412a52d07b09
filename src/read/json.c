/*
 * Parses JSON by recursive descent.  Without a builder it only checks the text.  The second time,
 * with a builder, it steps over the values that the builder does not want, which are most of a
 * dump, without checking them again.  Strings are examined eight bytes at a time.
 */
#include "read/json.h"

#include "base/guarded_call.h"
#include "base/utf8.h"
#include "read/tree.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 200

/* Tests of eight bytes at once: a bit is set in the result if any of them is such a byte. */
#define EACH(byte)       (UINT64_C(0x0101010101010101) * (byte))
#define ANY_ZERO(v)      (((v)-EACH(1)) & ~(v)&EACH(0x80))
#define ANY_IS(v, byte)  ANY_ZERO((v) ^ EACH(byte))
#define ANY_BELOW(v, n)  (((v)-EACH(n)) & ~(v)&EACH(0x80))
#define ANY_NON_ASCII(v) ((v)&EACH(0x80))

static inline uint64_t eight(const unsigned char *at)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return bytes;
}

struct json_reading {
	const unsigned char *at, *end, *line_start;
	const unsigned char *counted; /* column() has counted up to here, and this is the result: */
	uint32_t counted_col;
	uint32_t line;
	unsigned depth;
	struct tree_builder *builder; /* NULL: only check */
	char *text; /* a buffer that has room for any string of the input without its escapes */
};

static int value(struct json_reading *json);

/* Counts characters.  Each has exactly one byte that does not begin with the bits 10. */
static uint32_t count_characters(const unsigned char *at, const unsigned char *end)
{
	uint32_t count = (uint32_t)(end - at);

	for (; end - at >= 8; at += 8) {
		const uint64_t bytes = eight(at);

		/* The highest byte of the product is the sum of all bytes. */
		count -= (uint32_t)((bytes >> 7 & ~(bytes >> 6) & EACH(1)) * EACH(1) >> 56);
	}
	for (; at < end; at++)
		count -= (*at & 0xc0) == 0x80;
	return count;
}

/*
 * The column in characters.  It continues from where it last was, since one line may be the whole
 * file.
 */
static uint32_t column(struct json_reading *json)
{
	if (json->counted < json->line_start) {
		json->counted = json->line_start;
		json->counted_col = 1;
	}
	json->counted_col += count_characters(json->counted, json->at);
	json->counted = json->at;
	return json->counted_col;
}

static void blanks(struct json_reading *json)
{
	for (; json->at < json->end && *json->at <= ' '; json->at++) {
		if (*json->at == '\n') {
			json->line++;
			json->line_start = json->at + 1;
		} else if (*json->at != ' ' && *json->at != '\t' && *json->at != '\r') {
			return;
		}
	}
}

static bool next_is(struct json_reading *json, unsigned char c)
{
	if (json->at == json->end || *json->at != c)
		return false;
	json->at++;
	return true;
}

static int hex4(struct json_reading *json, unsigned *code)
{
	*code = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = json->at < json->end ? *json->at++ : 0;

		if (c >= '0' && c <= '9')
			*code = *code << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*code = *code << 4 | ((c | 0x20) - 'a' + 10u);
		else
			return -1;
	}
	return 0;
}

static char *put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* Reads \uXXXX, with the second half of a surrogate pair; half a pair alone becomes U+FFFD. */
static int unicode(struct json_reading *json, char **out)
{
	const unsigned char *behind;
	unsigned code, low;

	if (hex4(json, &code))
		return -1;
	behind = json->at;
	if (code >= 0xd800 && code < 0xdc00 && next_is(json, '\\') && next_is(json, 'u') &&
	    !hex4(json, &low) && low >= 0xdc00 && low < 0xe000) {
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else {
		json->at = behind;
		if (code >= 0xd800 && code < 0xe000)
			code = 0xfffd;
	}
	*out = put_utf8(*out, code);
	return 0;
}

static int escape(struct json_reading *json, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned char c = json->at < json->end ? *json->at++ : 0;
	const char *known = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return unicode(json, out);
	if (!known)
		return -1;
	*(*out)++ = to[known - from];
	return 0;
}

/*
 * How many bytes are ASCII, but no control, quote or backslash; the result may be up to seven too
 * small.
 */
static size_t plain_len(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *from = at;

	for (; end - at >= 8; at += 8) {
		const uint64_t v = eight(at);

		if (ANY_BELOW(v, 0x20) | ANY_IS(v, '"') | ANY_IS(v, '\\') | ANY_NON_ASCII(v))
			break;
	}
	return (size_t)(at - from);
}

/* Reads the string after the opening quote into json->text. */
static int string(struct json_reading *json, size_t *len)
{
	char *out = json->text;

	while (json->at < json->end) {
		const size_t plain = plain_len(json->at, json->end);
		size_t bytes;

		memcpy(out, json->at, plain);
		out += plain;
		json->at += plain;
		for (; json->at < json->end && *json->at >= ' ' && *json->at < 0x80 &&
		       *json->at != '"' && *json->at != '\\';
		     json->at++)
			*out++ = (char)*json->at;
		if (json->at == json->end)
			return -1;
		bytes = utf8_len(json->at, json->end);
		if (*json->at == '"') {
			json->at++;
			*len = (size_t)(out - json->text);
			return 0;
		}
		if (!bytes || *json->at < ' ')
			return -1;
		if (*json->at == '\\') {
			json->at++;
			if (escape(json, &out))
				return -1;
			continue;
		}
		memcpy(out, json->at, bytes);
		out += bytes;
		json->at += bytes;
	}
	return -1;
}

static int scalar(struct json_reading *json, uint32_t line, uint32_t col, const char *text,
		  size_t len, bool plain)
{
	if (!json->builder || tree_skips(json->builder))
		return 0;
	return tree_scalar(json->builder, line, col, NULL, text, len, plain);
}

static int string_value(struct json_reading *json)
{
	uint32_t line = json->line, col = json->builder ? column(json) : 0;
	size_t len;

	if (!next_is(json, '"') || string(json, &len))
		return -1;
	return scalar(json, line, col, json->text, len, false);
}

static size_t digits(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *from = *at;

	while (*at < end && **at >= '0' && **at <= '9')
		(*at)++;
	return (size_t)(*at - from);
}

/* The length of the number at @at; 0 if there is none. */
static size_t number_len(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *from = at, *whole;
	size_t count;

	at += at < end && *at == '-';
	whole = at;
	count = digits(&at, end);
	if (!count || (count > 1 && *whole == '0'))
		return 0;
	if (at < end && *at == '.') {
		at++;
		if (!digits(&at, end))
			return 0;
	}
	if (at < end && (*at | 0x20) == 'e') {
		at++;
		at += at < end && (*at == '-' || *at == '+');
		if (!digits(&at, end))
			return 0;
	}
	return (size_t)(at - from);
}

static int word_value(struct json_reading *json)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *text = (const char *)json->at;
	size_t left = (size_t)(json->end - json->at), len = 0;
	uint32_t col = json->builder ? column(json) : 0;

	for (size_t i = 0; *text >= 'a' && i < 3; i++)
		if (left >= strlen(words[i]) && !memcmp(text, words[i], strlen(words[i])))
			len = strlen(words[i]);
	if (!len)
		len = number_len(json->at, json->end);
	json->at += len;
	if (!len)
		return -1;
	return scalar(json, json->line, col, text, len, true);
}

/* Steps over a valid string, from its opening quote. */
static void step_over_string(struct json_reading *json)
{
	const unsigned char *at = json->at + 1, *end = json->end;

	for (;;) {
		while (end - at >= 8 && !(ANY_IS(eight(at), '"') | ANY_IS(eight(at), '\\')))
			at += 8;
		while (*at != '"' && *at != '\\')
			at++;
		if (*at == '"')
			break;
		at += 2;
	}
	json->at = at + 1;
}

/* Steps over a value that the builder does not want.  It is valid, but may be nested too deep. */
static int step_over(struct json_reading *json)
{
	const uint32_t room = tree_drop(json->builder);
	uint32_t depth = 0;

	do {
		const unsigned char c = *json->at;

		if (c == '"') {
			step_over_string(json);
			continue;
		}
		if ((c == '{' || c == '[') && ++depth > room)
			return tree_refuse(json->builder, json->line, column(json),
					   "nested too deep: more than 100 levels");
		depth -= c == '}' || c == ']';
		json->at++;
		if (c == '\n') {
			json->line++;
			json->line_start = json->at;
		}
	} while (depth || (json->at < json->end && !strchr(",}] \t\r\n", *json->at)));
	return 0;
}

static int member(struct json_reading *json)
{
	blanks(json);
	if (string_value(json))
		return -1;
	blanks(json);
	if (!next_is(json, ':'))
		return -1;
	if (!json->builder || !tree_drops(json->builder))
		return value(json);
	blanks(json);
	return step_over(json);
}

/* Reads what stands between @open and @close, separated by commas. */
static int collection(struct json_reading *json, bool object)
{
	unsigned char close = object ? '}' : ']';
	uint32_t line = json->line, col = json->builder ? column(json) : 0;
	int (*one)(struct json_reading *) = object ? member : value;

	if (++json->depth > DEPTH_MAX)
		return -1;
	if (json->builder && (object ? tree_mapping_start(json->builder, line, col, NULL)
				     : tree_sequence_start(json->builder, line, col, NULL)))
		return -1;
	json->at++;
	blanks(json);
	if (!next_is(json, close)) {
		do {
			if (one(json))
				return -1;
			blanks(json);
		} while (next_is(json, ','));
		if (!next_is(json, close))
			return -1;
	}
	json->depth--;
	return json->builder ? tree_end(json->builder) : 0;
}

static int value(struct json_reading *json)
{
	blanks(json);
	if (json->at == json->end)
		return -1;
	switch (*json->at) {
	case '{':
		return collection(json, true);
	case '[':
		return collection(json, false);
	case '"':
		return string_value(json);
	default:
		return word_value(json);
	}
}

static bool read_all(const unsigned char *bytes, size_t len, struct tree_builder *builder)
{
	struct json_reading json = {
		.at = bytes,
		.end = bytes + len,
		.line_start = bytes,
		.line = 1,
		.builder = builder,
		.counted = bytes,
		.counted_col = 1,
		/*
		 * An escape is never shorter than the character that it stands for, so @len bytes
		 * suffice.
		 */
		.text = call_checked(malloc(len + 1)),
	};
	struct undo undo;
	bool good = true;

	undo_later(&undo, undo_memory, json.text);
	for (blanks(&json); good && json.at < json.end; blanks(&json)) {
		if (builder)
			tree_document_start(builder);
		good = !value(&json);
		if (builder && good)
			tree_document_end(builder);
	}
	undo_never(&undo);
	free(json.text);
	return good;
}

bool json_is_valid(const unsigned char *bytes, size_t len)
{
	return read_all(bytes, len, NULL);
}

void json_read(const unsigned char *bytes, size_t len, struct tree_builder *builder)
{
	read_all(bytes, len, builder);
}
