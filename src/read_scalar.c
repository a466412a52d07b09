/* YAML 1.1 scalar resolution.  See read_scalar.h. */
#include "read_scalar.h"

#include "arena.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* No number that matters is longer. */
#define NUMBER_MAX 64

static const struct {
	char text[6];
	enum scalar_type type;
} words[] = {
	{"", SCALAR_NULL},       {"~", SCALAR_NULL},      {"null", SCALAR_NULL},
	{"Null", SCALAR_NULL},   {"NULL", SCALAR_NULL},   {"<<", SCALAR_MERGE},
	{"y", SCALAR_BOOL},      {"Y", SCALAR_BOOL},      {"yes", SCALAR_BOOL},
	{"Yes", SCALAR_BOOL},    {"YES", SCALAR_BOOL},    {"true", SCALAR_BOOL},
	{"True", SCALAR_BOOL},   {"TRUE", SCALAR_BOOL},   {"on", SCALAR_BOOL},
	{"On", SCALAR_BOOL},     {"ON", SCALAR_BOOL},     {"n", SCALAR_BOOL},
	{"N", SCALAR_BOOL},      {"no", SCALAR_BOOL},     {"No", SCALAR_BOOL},
	{"NO", SCALAR_BOOL},     {"false", SCALAR_BOOL},  {"False", SCALAR_BOOL},
	{"FALSE", SCALAR_BOOL},  {"off", SCALAR_BOOL},    {"Off", SCALAR_BOOL},
	{"OFF", SCALAR_BOOL},    {".nan", SCALAR_FLOAT},  {".NaN", SCALAR_FLOAT},
	{".NAN", SCALAR_FLOAT},  {".inf", SCALAR_FLOAT},  {".Inf", SCALAR_FLOAT},
	{".INF", SCALAR_FLOAT},  {"+.inf", SCALAR_FLOAT}, {"+.Inf", SCALAR_FLOAT},
	{"+.INF", SCALAR_FLOAT}, {"-.inf", SCALAR_FLOAT}, {"-.Inf", SCALAR_FLOAT},
	{"-.INF", SCALAR_FLOAT},
};

/* Most scalars begin otherwise, and need no look at the list. */
static const bool begins_word[256] = {
	['\0'] = true, ['~'] = true, ['<'] = true, ['n'] = true, ['N'] = true, ['y'] = true,
	['Y'] = true,  ['t'] = true, ['T'] = true, ['o'] = true, ['O'] = true, ['f'] = true,
	['F'] = true,  ['.'] = true, ['+'] = true, ['-'] = true,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Copies without underscores; false if it is longer than any number. */
static bool plain_number(const char *text, size_t len, char *plain)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '_')
			continue;
		if (n == NUMBER_MAX - 1)
			return false;
		plain[n++] = text[i];
	}
	plain[n] = '\0';
	return n > 0;
}

/* [-+] then 0x, 0o, 0b, 0 or nothing, then digits of that base, within 64 bits. */
static bool parse_integer(const char *plain, bool *negative, uint64_t *value)
{
	const char *digits = plain + (*plain == '-' || *plain == '+');
	int base = 10;
	char *end;

	*negative = *plain == '-';
	if (digits[0] == '0' && digits[1]) {
		char kind = digits[1] | 0x20;

		base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 8;
		digits += kind == 'x' || kind == 'o' || kind == 'b' ? 2 : 1;
	}
	if (!is_digit(*digits) && !(base == 16 && strchr("abcdefABCDEF", *digits) && *digits))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, base);
	if (errno || *end)
		return false;
	return !*negative || *value <= (uint64_t)INT64_MAX + 1;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *c)
{
	size_t whole = 0, part = 0, exponent = 0;

	c += *c == '-' || *c == '+';
	for (; is_digit(*c); c++)
		whole++;
	if (*c == '.')
		for (c++; is_digit(*c); c++)
			part++;
	if (!whole && !part)
		return false;
	if (*c != 'e' && *c != 'E')
		return *c == '\0';
	c++;
	c += *c == '-' || *c == '+';
	for (; is_digit(*c); c++)
		exponent++;
	return exponent && *c == '\0';
}

enum scalar_type scalar_resolve(const char *text, size_t len)
{
	char plain[NUMBER_MAX];
	bool negative;
	uint64_t value;

	if (len <= 5 && begins_word[(unsigned char)*text])
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!memcmp(text, words[i].text, len) && !words[i].text[len])
				return words[i].type;
	if (!len || (!is_digit(*text) && *text != '+' && *text != '-' && *text != '.'))
		return SCALAR_STRING;
	if (!plain_number(text, len, plain))
		return SCALAR_STRING;
	if (*text != '.' && parse_integer(plain, &negative, &value))
		return SCALAR_INT;
	return is_float(plain) ? SCALAR_FLOAT : SCALAR_STRING;
}

bool scalar_integer(const struct node *node, int64_t *number)
{
	char plain[NUMBER_MAX];
	bool negative;
	uint64_t value;
	double real;

	if (node->kind != NODE_SCALAR || !plain_number(node->text, node->count, plain))
		return false;
	if (node->type == SCALAR_INT && parse_integer(plain, &negative, &value)) {
		if (!negative && value > INT64_MAX)
			return false;
		*number = negative ? (int64_t)(0 - value) : (int64_t)value;
		return true;
	}
	if (node->type != SCALAR_FLOAT || !is_float(plain))
		return false;
	real = strtod(plain, NULL);
	if (real != floor(real) || fabs(real) > 1e15)
		return false;
	*number = (int64_t)real;
	return true;
}

/* The shortest text that reads back as the same 32-bit float, which is what the client prints. */
static const char *float_key(struct arena *arena, const char *plain)
{
	float value = strtof(plain, NULL);

	for (int digits = 1; digits < 9; digits++) {
		char text[NUMBER_MAX];

		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			return arena_strndup(arena, text, strlen(text));
	}
	return arena_printf(arena, "%.9g", (double)value);
}

const char *scalar_key(struct arena *arena, const struct node *node, size_t *len)
{
	char plain[NUMBER_MAX];
	const char *text = NULL;
	bool negative;
	uint64_t value;

	switch (node->type) {
	case SCALAR_STRING:
	case SCALAR_MERGE:
		*len = node->count;
		return node->text;
	case SCALAR_NULL:
		return NULL;
	case SCALAR_BOOL:
		text = strchr("yYtToO", *node->text) && (node->text[1] | 0x20) != 'f' ? "true"
										      : "false";
		break;
	case SCALAR_INT:
		if (plain_number(node->text, node->count, plain) &&
		    parse_integer(plain, &negative, &value))
			text = arena_printf(arena, "%s%llu", negative && value ? "-" : "",
					    (unsigned long long)value);
		break;
	case SCALAR_FLOAT:
		if (plain_number(node->text, node->count, plain))
			text = float_key(arena, plain);
		break;
	}
	if (text)
		*len = strlen(text);
	return text;
}

const char *node_type_name(const struct node *node)
{
	static const char *const scalars[] = {
		[SCALAR_STRING] = "a string", [SCALAR_NULL] = "null",
		[SCALAR_BOOL] = "a boolean",  [SCALAR_INT] = "a number",
		[SCALAR_FLOAT] = "a number",  [SCALAR_MERGE] = "a merge key",
	};

	if (!node)
		return "nothing";
	switch (node->kind) {
	case NODE_SCALAR:
		return scalars[node->type];
	case NODE_SEQUENCE:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	}
	return "something else";
}
