/*
 * Decides what a plain scalar of YAML 1.1 is (null, true, a number, a text) in the same way as
 * kubectl, which then sends JSON; numbers are written as kubectl writes them.
 */
#include "read/scalar.h"

#include "base/arena.h"

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

/* Most scalars begin with another character, and so cannot be in the list. */
static const bool begins_word[256] = {
	['\0'] = true, ['~'] = true, ['<'] = true, ['n'] = true, ['N'] = true, ['y'] = true,
	['Y'] = true,  ['t'] = true, ['T'] = true, ['o'] = true, ['O'] = true, ['f'] = true,
	['F'] = true,  ['.'] = true, ['+'] = true, ['-'] = true,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Copies a number without its underscores; returns false if it is longer than any number that
 * matters.
 */
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

static int digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Reads [-+], then 0x, 0o, 0b, 0 or nothing, then digits of that base, within 64 bits. */
static bool parse_integer(const char *plain, bool *negative, uint64_t *value)
{
	const char *digits = plain + (*plain == '-' || *plain == '+');
	unsigned base = 10;

	*negative = *plain == '-';
	*value = 0;
	if (digits[0] == '0' && digits[1]) {
		char kind = digits[1] | 0x20;

		base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
		digits += kind == 'x' || kind == 'o' || kind == 'b' ? 2 : 1;
	}
	if (!*digits)
		return false;
	for (; *digits; digits++) {
		unsigned digit = (unsigned)digit_value(*digits);

		if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return false;
	}
	return !*negative || *value <= (uint64_t)INT64_MAX + 1;
}

/* Does the text match [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? as a whole? */
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
			if (*text == *words[i].text && strlen(words[i].text) == len &&
			    !memcmp(text, words[i].text, len))
				return words[i].type;
	if (!len || (!is_digit(*text) && *text != '+' && *text != '-' && *text != '.'))
		return SCALAR_STRING;
	if (!plain_number(text, len, plain))
		return SCALAR_STRING;
	if (*text != '.' && parse_integer(plain, &negative, &value))
		return SCALAR_INT;
	/* A number that is too large for a float is a string. */
	return is_float(plain) && isfinite(strtod(plain, NULL)) ? SCALAR_FLOAT : SCALAR_STRING;
}

bool scalar_integer(const struct tree_node *node, int64_t *number)
{
	char plain[NUMBER_MAX];
	bool negative;
	uint64_t value;
	double real;

	if (node->kind != TREE_SCALAR || !plain_number(node->text, node->count, plain))
		return false;
	if (node->type == SCALAR_INT && parse_integer(plain, &negative, &value)) {
		if (!negative && value > INT64_MAX)
			value = INT64_MAX;
		*number = negative ? (int64_t)(0 - value) : (int64_t)value;
		return true;
	}
	if (node->type != SCALAR_FLOAT || !is_float(plain))
		return false;
	real = strtod(plain, NULL);
	if (real != floor(real))
		return false;
	*number = (int64_t)fmax(fmin(real, 1e18), -1e18);
	return true;
}

/*
 * The shortest text that gives the same 32-bit float when it is read, which is how the client
 * prints it: with an exponent from 1e+06 on, and below 1e-04.
 */
static const char *float_key(struct arena *arena, const char *plain)
{
	double value = (double)strtof(plain, NULL);
	char text[NUMBER_MAX];
	int digits = 0, exponent;

	/* This is .inf or .nan, in any case, or a number that only a 64-bit float can hold. */
	if (strchr("nN", plain[1]))
		return ".nan";
	if (strpbrk(plain, "iI") || !isfinite(value))
		return *plain == '-' ? "-.inf" : ".inf";

	do
		snprintf(text, sizeof(text), "%.*e", digits, value);
	while ((double)strtof(text, NULL) != value && ++digits < 9);
	exponent = atoi(strchr(text, 'e') + 1);
	if (exponent < -4 || exponent >= 6)
		return arena_printf(arena, "%s", text);
	return arena_printf(arena, "%.*f", digits > exponent ? digits - exponent : 0, value);
}

const char *scalar_key(struct arena *arena, const struct tree_node *node, size_t *len)
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

const char *tree_type_name(const struct tree_node *node)
{
	static const char *const scalars[] = {
		[SCALAR_STRING] = "a string", [SCALAR_NULL] = "null",
		[SCALAR_BOOL] = "a boolean",  [SCALAR_INT] = "a number",
		[SCALAR_FLOAT] = "a number",  [SCALAR_MERGE] = "a merge key",
	};

	if (!node)
		return "nothing";
	switch (node->kind) {
	case TREE_SCALAR:
		return scalars[node->type];
	case TREE_SEQUENCE:
		return "a list";
	case TREE_MAPPING:
		return "a mapping";
	}
	return "something else";
}
