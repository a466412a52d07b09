/* Tests what base/json.h promises: the writer of JSON. */
#include "unit.h"

#include "base/json.h"

#define says(json, expected) ck_assert_str_eq(json_end(json), expected "\n")

START_TEST(commas_and_brackets_are_made)
{
	struct arena *arena = arena_new();
	struct json json = {.arena = arena};

	json_open_object(&json, NULL);
	json_put_text(&json, "a", "x");
	json_open_array(&json, "b");
	json_put_number(&json, NULL, 18446744073709551615U);
	json_open_object(&json, NULL);
	json_close(&json);
	json_open_array(&json, NULL);
	json_close(&json);
	json_put_null(&json, NULL);
	json_close(&json);
	json_put_bool(&json, "c", true);
	json_put_bool(&json, "d", false);
	json_put_text(&json, "e", NULL);
	json_put_real(&json, "f", 1.25, 1);
	json_put_written(&json, "\"g\": 1, \"h\": 2");
	json_put_number(&json, "i", 3);
	json_close(&json);
	says(&json, "{\"a\": \"x\", \"b\": [18446744073709551615, {}, [], null], \"c\": true, "
		    "\"d\": false, \"e\": null, \"f\": 1.2, \"g\": 1, \"h\": 2, \"i\": 3}");
	arena_free(arena);
}
END_TEST

START_TEST(lines_break_where_asked)
{
	struct arena *arena = arena_new();
	struct json json = {.arena = arena};

	json_open_array(&json, NULL);
	for (uint64_t i = 0; i < 2; i++) {
		json_break(&json, 2);
		json_put_number(&json, NULL, i);
	}
	json_break(&json, 0);
	json_close(&json);
	says(&json, "[\n  0,\n  1\n]");
	arena_free(arena);
}
END_TEST

START_TEST(packed_has_no_spaces)
{
	struct arena *arena = arena_new();
	struct json json = {.arena = arena, .packed = true};

	json_open_object(&json, NULL);
	json_put_number(&json, "a", 1);
	json_put_number(&json, "b", 2);
	json_break(&json, 0);
	json_put_number(&json, "c", 3);
	json_close(&json);
	says(&json, "{\"a\":1,\"b\":2,\n\"c\":3}");
	arena_free(arena);
}
END_TEST

START_TEST(what_was_opened_last_is_closed_first)
{
	struct arena *arena = arena_new();
	struct json json = {.arena = arena};
	struct string expected = {0};

	for (int i = 0; i < 64; i++) {
		if (i % 3)
			json_open_array(&json, i % 3 == 1 ? "k" : NULL);
		else
			json_open_object(&json, NULL);
		arena_add(arena, &expected, i % 3 == 0 ? "{" : i % 3 == 1 ? "\"k\": [" : "[");
	}
	for (int i = 63; i >= 0; i--) {
		json_close(&json);
		arena_add(arena, &expected, i % 3 ? "]" : "}");
	}
	arena_add(arena, &expected, "\n");
	ck_assert_str_eq(json_end(&json), expected.text);
	arena_free(arena);
}
END_TEST

START_TEST(strings_show_as_what_they_are)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{"", "\"\""},
		{"plain 100% text / <b>", "\"plain 100% text / <b>\""},
		{"\" \\", "\"\\\" \\\\\""},
		{"\t\n\x1b\x7f", "\"\\u0009\\u000a\\u001b\\u007f\""},
		{"\xc2\x80 \xc2\x9b \xc2\x9f \xc2\xa0", "\"\\u0080 \\u009b \\u009f \xc2\xa0\""},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
		{"\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "\"\\u061c\\u200e\\u200f\""},
		{"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf",
		 "\"\xe2\x80\xa7\\u2028\\u2029\\u202a\\u202e\xe2\x80\xaf\""},
		{"\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
		 "\"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\""},
		{"a\xff\xc3z\xed\xa0\x80\xe2\x80",
		 "\"a\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json json = {.arena = arena};

		json_put_text(&json, NULL, rows[i].text);
		ck_assert_str_eq(json_end(&json), arena_printf(arena, "%s\n", rows[i].json));
	}
	arena_free(arena);
}
END_TEST

UNIT_MAIN("json_writer", commas_and_brackets_are_made, lines_break_where_asked,
	  packed_has_no_spaces, what_was_opened_last_is_closed_first, strings_show_as_what_they_are)
