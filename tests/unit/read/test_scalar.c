/* Tests that read/scalar.h reads the scalars of YAML 1.1 as a Kubernetes client does. */
#include "unit.h"

#include "read/scalar.h"

static struct tree_node scalar(const char *text)
{
	return (struct tree_node){
		.kind = TREE_SCALAR,
		.type = scalar_resolve(text, strlen(text)),
		.count = (uint32_t)strlen(text),
		.text = text,
	};
}

START_TEST(plain_scalars_have_the_type_of_yaml_1_1)
{
	static const struct {
		enum scalar_type type;
		const char *texts; /* separated by blanks */
	} rows[] = {
		{SCALAR_NULL, "~ null Null NULL"},
		{SCALAR_BOOL, "y Y yes Yes YES true True TRUE on On ON"},
		{SCALAR_BOOL, "n N no No NO false False FALSE off Off OFF"},
		{SCALAR_INT, "0 -0 +0 1 -1 +1 1_000 1__0 1_ -_1 0x50 0XfF -0x1f 0x_1"},
		{SCALAR_INT, "0120 0_1 0o17 0O17 -0o17 0b11 0B1 +0b1"},
		{SCALAR_INT, "9223372036854775807 -9223372036854775808 18446744073709551615"},
		{SCALAR_FLOAT, "08 09 -08 08.5 1. 1.10 .5 -.5 +.5 80.0 0.0 1_0.5"},
		{SCALAR_FLOAT, "1e3 1E3 1e+3 1e-3 1.e3 .5e3 -1e0"},
		{SCALAR_FLOAT, ".inf .Inf .INF +.inf -.inf +.INF -.Inf .nan .NaN .NAN"},
		{SCALAR_MERGE, "<<"},
		{SCALAR_STRING, "nO yES oN oFF tRue fALSE nULL nUll yess nope t f o < <<<"},
		{SCALAR_STRING, "1.0.0 2001-01-01 2001-01-01T00:00:00Z 1:30 190:20:30 10.0.0.0/8"},
		{SCALAR_STRING, "0x 0xg 0b 0b2 0o8 0o 1e 1e+ e3 1.2e3.4 1a 1- _1 . .. - + --1 +-1"},
		{SCALAR_STRING, ".in .infinity nan inf +.nan .e3 0x1p4 12e4x"},
		{SCALAR_STRING, "0x0x10 1e400 -1e400 12e4567"}, /* one base only; not too large */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char copy[200], *rest = copy;

		strcpy(copy, rows[i].texts);
		for (const char *text; (text = strsep(&rest, " "));)
			ck_assert_msg(scalar_resolve(text, strlen(text)) == rows[i].type,
				      "\"%s\" is of type %d, not %d", text,
				      scalar_resolve(text, strlen(text)), rows[i].type);
	}
	ck_assert_int_eq(scalar_resolve("", 0), SCALAR_NULL);
	ck_assert_int_eq(scalar_resolve("true ", 5), SCALAR_STRING);
	ck_assert_int_eq(scalar_resolve(" 1", 2), SCALAR_STRING);
}
END_TEST

START_TEST(only_its_own_bytes_decide)
{
	ck_assert_int_eq(scalar_resolve("nullx", 4), SCALAR_NULL);
	ck_assert_int_eq(scalar_resolve("yes", 1), SCALAR_BOOL);
	ck_assert_int_eq(scalar_resolve("12x", 2), SCALAR_INT);
	ck_assert_int_eq(scalar_resolve("no\0", 3), SCALAR_STRING);
	ck_assert_int_eq(scalar_resolve("\0", 1), SCALAR_STRING);
}
END_TEST

START_TEST(whole_numbers_in_every_form)
{
	static const struct {
		const char *text;
		int64_t number;
	} rows[] = {
		{"80", 80},
		{"+80", 80},
		{"-80", -80},
		{"0x50", 80},
		{"-0X50", -80},
		{"0120", 80},
		{"0o120", 80},
		{"0b1010000", 80},
		{"80.0", 80},
		{"8e1", 80},
		{"800e-1", 80},
		{"8_0", 80},
		{"1_000", 1000},
		{"080", 80},
		{"0", 0},
		{"-0", 0},
		{"-0.0", 0},
		{"65535.", 65535},
		{"0777", 511},
		{"0x_ff", 255},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
	};
	char none[] = "null true http 80.5 1e-1 0.1 .inf -.inf .nan 0x 80a";
	char *rest = none;
	struct tree_node list = {.kind = TREE_SEQUENCE}, quoted = scalar("80");
	int64_t number;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tree_node node = scalar(rows[i].text);

		ck_assert_msg(scalar_integer(&node, &number), "%s", rows[i].text);
		ck_assert_int_eq(number, rows[i].number);
	}
	for (const char *text; (text = strsep(&rest, " "));) {
		struct tree_node node = scalar(text);

		ck_assert_msg(!scalar_integer(&node, &number), "%s", text);
	}
	quoted.type = SCALAR_STRING;
	ck_assert(!scalar_integer(&quoted, &number));
	ck_assert(!scalar_integer(&list, &number));
}
END_TEST

START_TEST(keys_become_the_strings_of_json)
{
	static const struct {
		const char *text, *key; /* NULL: it cannot be a key */
	} rows[] = {
		{"app", "app"},
		{"1.0.0", "1.0.0"},
		{"<<", "<<"},
		{"nO", "nO"},
		{"yes", "true"},
		{"Y", "true"},
		{"on", "true"},
		{"TRUE", "true"},
		{"no", "false"},
		{"N", "false"},
		{"off", "false"},
		{"OFF", "false"},
		{"False", "false"},
		{"1234", "1234"},
		{"0x10", "16"},
		{"010", "8"},
		{"0b11", "3"},
		{"1_000", "1000"},
		{"-5", "-5"},
		{"-0", "0"},
		{"+5", "5"},
		{"08", "8"},
		{"1.0", "1"},
		{"1.50", "1.5"},
		{"10.0", "10"},
		{"100.0", "100"},
		{"8e1", "80"},
		{"123456.0", "123456"},
		{"0.1", "0.1"},
		{"-.5", "-0.5"},
		{"1e6", "1e+06"},
		{"1e20", "1e+20"},
		{"1e-4", "0.0001"},
		{"1e-5", "1e-05"},
		{".1e-9", "1e-10"},
		{"3.14159265", "3.1415927"},
		{"090", "90"},
		{"100000.0", "100000"},
		{"1000000.0", "1e+06"},
		{"16777217.0", "1.6777216e+07"},
		{".inf", ".inf"},
		{"-.INF", "-.inf"},
		{".NaN", ".nan"},
		{"1e39", ".inf"},
		{"null", NULL},
		{"", NULL},
		{"~", NULL},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tree_node node = scalar(rows[i].text);
		size_t len = 0;
		const char *key = scalar_key(arena, &node, &len);

		ck_assert_msg((key != NULL) == (rows[i].key != NULL), "%s", rows[i].text);
		if (!key)
			continue;
		ck_assert_msg(len == strlen(rows[i].key) && !memcmp(key, rows[i].key, len),
			      "%s becomes %s, not %s", rows[i].text, key, rows[i].key);
	}
	arena_free(arena);
}
END_TEST

UNIT_MAIN("scalar", plain_scalars_have_the_type_of_yaml_1_1, only_its_own_bytes_decide,
	  whole_numbers_in_every_form, keys_become_the_strings_of_json)
