/* Tests that read/json.h takes JSON to the letter. */
#include "unit.h"

#include "read/json.h"
#include "read/tree.h"

static bool valid(const char *text)
{
	return json_is_valid((const unsigned char *)text, strlen(text));
}

START_TEST(json_is_valid_by_rfc_8259)
{
	/* clang-format off */
	static const char *const good[] = {
		"{}", "[]", "\"\"", "0", "-0", "1", "-1.5e+10", "1E5", "0.0", "10", "true", "false",
		"null", " \t\r\n[ 1 , 2 ] ", "{\"a\":{\"b\":[]},\"a\":1}", "[[],{}]",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\\uD83D\\uDC33\\ud800\"",
		"\"\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3\"", "\"\xef\xbf\xbf\xf4\x8f\xbf\xbf\"",
		"", " ", "{}{}", "[] []\n1 2", "\"a\"\"b\"",
	};
	static const char *const bad[] = {
		"{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "[}",
		"nul", "nullx", "True", "TRUE", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5",
		"1.e5", "1e", "1e+", "0x10", "1_000", "1a",
		"\"", "\"a", "\"\\\"", "\"\\a\"", "\"\\u12\"", "\"\\u123g\"", "\"\\x41\"", "\"\\'\"",
		"'a'", "\"a\nb\"", "\"\t\"", "\"\x01\"", "\"\x80\"", "\"\xc3\"", "\"\xc0\xaf\"",
		"\"\xe0\x80\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xf4\x90\x80\x80\"",
		"\"\xe2\x82\"",
		"/* a */{}", "// a\n{}", "# a\n{}", "{}\n---\n{}", "\xef\xbb\xbf{}", "\x0b{}",
		"\xc2\xa0{}",
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(good); i++)
		ck_assert_msg(valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!valid(bad[i]), "%s", bad[i]);
	ck_assert(!json_is_valid((const unsigned char *)"[]\0", 3));
	ck_assert(!json_is_valid((const unsigned char *)"\"\0\"", 3));
}
END_TEST

START_TEST(no_start_of_json_is_valid)
{
	static const char text[] =
		"{\"a\": [1.5e3, true, null, {\"\\ud83d\\udc33\": \"\xe2\x82\xac\\n\"}]}";

	for (size_t len = 1; len < sizeof(text) - 1; len++) {
		/* The text is copied, so that the sanitizer notices if a byte behind it is read. */
		unsigned char *start = malloc(len);

		memcpy(start, text, len);
		ck_assert_msg(!json_is_valid(start, len), "%.*s", (int)len, text);
		free(start);
	}
	ck_assert(valid(text));
}
END_TEST

START_TEST(depth_is_bounded)
{
	static char text[2000001];

	for (size_t depth = 100; depth < 1000000; depth *= 10) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		text[2 * depth] = '\0';
		ck_assert_msg(valid(text) == (depth <= 100), "%zu", depth);
	}
}
END_TEST

static void write_scalar(FILE *out, const struct tree_node *node)
{
	bool string = node->type == SCALAR_STRING;

	fputc(string ? '\'' : '(', out);
	for (uint32_t i = 0; i < node->count; i++)
		fprintf(out, (unsigned char)node->text[i] < ' ' ? "\\x%02x" : "%c", node->text[i]);
	fputc(string ? '\'' : ')', out);
}

static void write_node(FILE *out, const struct tree_node *node)
{
	fprintf(out, " %u:%u", node->line, node->col);
	switch (node->kind) {
	case TREE_SCALAR:
		write_scalar(out, node);
		break;
	case TREE_SEQUENCE:
		fputc('[', out);
		for (uint32_t i = 0; i < node->count; i++)
			write_node(out, node->items[i]);
		fputc(']', out);
		break;
	case TREE_MAPPING:
		fputc('{', out);
		for (uint32_t i = 0; i < node->count; i++) {
			write_node(out, node->pairs[i].key);
			write_node(out, node->pairs[i].value);
		}
		fputc('}', out);
		break;
	}
}

static const struct shape *no_shape(void *context, const char *kind, size_t len)
{
	(void)context;
	(void)kind;
	(void)len;
	return NULL;
}

static void write_object(void *context, const struct tree_node *node, bool in_list,
			 const char *list_kind)
{
	(void)list_kind;
	fputs(in_list ? "item " : "", context);
	write_node(context, node);
	fputc('\n', context);
}

static void write_list_end(void *context, const struct tree_node *list)
{
	(void)list;
	fputs("list\n", context);
}

START_TEST(trees_have_values_types_and_marks)
{
	static const struct {
		const char *json, *trees;
	} rows[] = {
		{"{\"a\": 1,\n \"b\": [true, null]}",
		 " 1:1{ 1:2'a' 1:7(1) 2:2'b' 2:7[ 2:8(true) 2:14(null)]}\n"},
		{"[\"1\", 1.5e3, \"yes\", \"\"]", " 1:1[ 1:2'1' 1:7(1.5e3) 1:14'yes' 1:21'']\n"},
		{"[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3\", 1]",
		 " 1:1[ 1:2'\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3' 1:9(1)]\n"},
		{"[\"\\u00e4\\u20AC\\ud83d\\udc33\"]",
		 " 1:1[ 1:2'\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb3']\n"},
		{"[\"\\udbff\\udfff\\ud800\\udc00\"]",
		 " 1:1[ 1:2'\xf4\x8f\xbf\xbf\xf0\x90\x80\x80']\n"},
		/*
		 * Half of a surrogate pair becomes U+FFFD, and what follows it stands for itself.
		 */
		{"[\"\\ud83d\"]", " 1:1[ 1:2'\xef\xbf\xbd']\n"},
		{"[\"\\udc33\\ud83d\"]", " 1:1[ 1:2'\xef\xbf\xbd\xef\xbf\xbd']\n"},
		{"[\"\\ud83d\\u0041\"]", " 1:1[ 1:2'\xef\xbf\xbd"
					 "A']\n"},
		{"[\"\\ud83d\\n\"]", " 1:1[ 1:2'\xef\xbf\xbd\\x0a']\n"},
		{"[\"\\u0000\\/\\b\\t\"]", " 1:1[ 1:2'\\x00/\\x08\\x09']\n"},
		{"{\"<<\": {\"a\": 1}}",
		 " 1:1{ 1:2'<<' 1:8{ 1:9'a' 1:14(1)}}\n"}, /* in JSON this is no merge key */
		{"{}[]\n 1", " 1:1{}\n 1:3[]\n 2:2(1)\n"},
		{"{\"kind\": \"List\", \"items\": [1, {}]}", "item  1:28(1)\nitem  1:31{}\nlist\n"},
		{"\r\n[\r\n1]", " 2:1[ 3:1(1)]\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_new();
		struct diags diags = {.arena = arena};
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		struct tree_sink sink = {out, NULL, no_shape, write_object, write_list_end};
		struct tree_builder *builder = tree_new("file", &sink, &diags);

		ck_assert(valid(rows[i].json));
		json_read((const unsigned char *)rows[i].json, strlen(rows[i].json), builder);
		tree_free(builder);
		fclose(out);
		ck_assert_uint_eq(diags.count, 0);
		ck_assert_str_eq(text, rows[i].trees);
		free(text);
		arena_free(arena);
	}
}
END_TEST

UNIT_MAIN("json", json_is_valid_by_rfc_8259, no_start_of_json_is_valid, depth_is_bounded,
	  trees_have_values_types_and_marks)
