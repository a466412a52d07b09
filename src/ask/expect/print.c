/*
 * Writes results as text, TAP and JUnit's XML.
 *
 * TAP is version 14 (testanything.org), with a YAML block for what failed.  Of JUnit's XML there is
 * no standard: this is what Jenkins, GitLab and GitHub's reporters read, with file and line where
 * they look.
 */
#include "ask/expect/expect.h"
#include "ask/expect/judging.h"

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"

struct result_page {
	struct arena *arena;
	struct string text;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

static const char *file_of(const struct expect_result *result)
{
	return result->expectation->mark.file;
}

static uint32_t line_of(const struct expect_result *result)
{
	return result->expectation->mark.line;
}

static size_t count_failed(const struct expect_result *results, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++)
		failed += results[i].failure != NULL;
	return failed;
}

static void put_indented(struct result_page *page, const char *lines, const char *indent)
{
	for (const char *end; *lines; lines = end + 1) {
		end = strchr(lines, '\n');
		put(page, "%s%.*s\n", indent, (int)(end - lines), lines);
	}
}

static void put_text(struct result_page *page, const struct expect_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!results[i].failure)
			continue;
		put(page, "%s:%u: FAIL: %s\n", text_plain(page->arena, file_of(&results[i])),
		    line_of(&results[i]), text_plain(page->arena, results[i].failure));
		put_indented(page, results[i].details, "    ");
	}
	put(page, "%zu of %s\n", count - count_failed(results, count),
	    text_counted(page->arena, count, "expectation holds", "expectations hold"));
}

/* Writes a description, in which # would begin a directive.  */
static void put_description(struct result_page *page, const char *text)
{
	for (; *text; text++)
		put(page, "%s%c", *text == '#' || *text == '\\' ? "\\" : "", *text);
}

/* Writes the YAML block of a failure.  A JSON string is also a YAML string.  */
static void put_diagnostics(struct result_page *page, const struct expect_result *result)
{
	put(page, "  ---\n  message: %s\n  severity: fail\n  at:\n    file: %s\n    line: %u\n",
	    text_json(page->arena, result->failure), text_json(page->arena, file_of(result)),
	    line_of(result));
	if (*result->details) {
		put(page, "  why: |2\n");
		put_indented(page, result->details, "    ");
	}
	put(page, "  ...\n");
}

static void put_tap(struct result_page *page, const struct expect_result *results, size_t count)
{
	put(page, "TAP version 14\n1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		put(page, "%s %zu - ", results[i].failure ? "not ok" : "ok", i + 1);
		put_description(page, text_plain(page->arena, file_of(&results[i])));
		put(page, ":%u ", line_of(&results[i]));
		put_description(page, text_plain(page->arena, results[i].title));
		put(page, "\n");
		if (results[i].failure)
			put_diagnostics(page, &results[i]);
	}
}

/*
 * Writes text with escapes, for contents and attributes.  Characters that XML cannot hold, or that
 * would not show as they are, become U+FFFD.
 */
static void put_xml(struct result_page *page, const char *text)
{
	static const struct {
		char from;
		const char *to;
	} escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};

	for (size_t len; *text; text += len ? len : 1) {
		const char *to = NULL;

		len = utf8_len((const unsigned char *)text,
			       (const unsigned char *)text + strlen(text));
		for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++)
			if (escapes[i].from == *text)
				to = escapes[i].to;
		if (len && *text != '\n' &&
		    utf8_is_unseen(utf8_code((const unsigned char *)text, len)))
			to = "\xef\xbf\xbd";
		if (to)
			put(page, "%s", to);
		else
			put(page, "%.*s", len ? (int)len : 3, len ? text : "\xef\xbf\xbd");
	}
}

static void put_attribute(struct result_page *page, const char *name, const char *value)
{
	put(page, " %s=\"", name);
	put_xml(page, text_plain(page->arena, value));
	put(page, "\"");
}

static void put_case(struct result_page *page, const struct expect_result *result)
{
	const char *file = text_plain(page->arena, file_of(result));

	put(page, "    <testcase classname=\"%s/%s\"", result->expectation->namespace,
	    result->expectation->name);
	put_attribute(page, "name", result->title);
	put_attribute(page, "file", file);
	put(page, " line=\"%u\" time=\"%.3f\"", line_of(result), result->seconds);
	if (!result->failure) {
		put(page, "/>\n");
		return;
	}
	put(page, ">\n      <failure type=\"expectation\"");
	put_attribute(page, "message", result->failure);
	put(page, ">");
	put_xml(page, file);
	put(page, ":%u: ", line_of(result));
	put_xml(page, result->failure);
	put(page, "\n");
	put_xml(page, result->details);
	put(page, "</failure>\n    </testcase>\n");
}

/* How many results from @results on are about one object in one file.  */
static size_t count_suite(const struct expect_result *results, size_t count)
{
	const struct expectation *first = results->expectation;
	size_t i = 1;

	while (i < count && !strcmp(results[i].expectation->mark.file, first->mark.file) &&
	       !strcmp(results[i].expectation->namespace, first->namespace) &&
	       !strcmp(results[i].expectation->name, first->name))
		i++;
	return i;
}

static double sum_seconds(const struct expect_result *results, size_t count)
{
	double seconds = 0;

	for (size_t i = 0; i < count; i++)
		seconds += results[i].seconds;
	return seconds;
}

static void put_suite(struct result_page *page, const struct expect_result *results, size_t count)
{
	put(page, "  <testsuite name=\"%s/%s\"", results->expectation->namespace,
	    results->expectation->name);
	put_attribute(page, "file", file_of(results));
	put(page, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"%.3f\">\n",
	    count, count_failed(results, count), sum_seconds(results, count));
	for (size_t i = 0; i < count; i++)
		put_case(page, &results[i]);
	put(page, "  </testsuite>\n");
}

static const char xml_head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

static void put_junit(struct result_page *page, const struct expect_result *results, size_t count)
{
	put(page,
	    "%s<testsuites name=\"np2nft\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
	    "time=\"%.3f\">\n",
	    xml_head, count, count_failed(results, count), sum_seconds(results, count));
	for (size_t i = 0, suite; i < count; i += suite) {
		suite = count_suite(&results[i], count - i);
		put_suite(page, &results[i], suite);
	}
	put(page, "</testsuites>\n");
}

/* Writes an error in the input, which kept expectations from being judged.  */
static void put_error(struct result_page *page, const struct diag *diag)
{
	put(page, "    <testcase classname=\"np2nft\" name=\"the input is valid\"");
	if (diag->mark.file)
		put_attribute(page, "file", diag->mark.file);
	if (diag->mark.line)
		put(page, " line=\"%u\"", diag->mark.line);
	put(page, " time=\"0.000\">\n      <error type=\"invalid\"");
	put_attribute(page, "message", diag->text);
	put(page, ">");
	if (diag->mark.file)
		put_xml(page, text_plain(page->arena, diag->mark.file));
	if (diag->mark.line)
		put(page, ":%u:%u", diag->mark.line, diag->mark.col);
	put(page, "%s", diag->mark.file ? ": " : "");
	put_xml(page, text_plain(page->arena, diag->text));
	put(page, "</error>\n    </testcase>\n");
}

const char *expect_refusal(struct arena *arena, const struct diags *diags)
{
	struct result_page page = {.arena = arena};

	put(&page,
	    "%s<testsuites name=\"np2nft\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" "
	    "time=\"0.000\">\n",
	    xml_head, diags->errors, diags->errors);
	put(&page,
	    "  <testsuite name=\"input\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" skipped=\"0\" "
	    "time=\"0.000\">\n",
	    diags->errors, diags->errors);
	for (size_t i = 0; i < diags->count; i++)
		if (diags->items[i].severity == DIAG_ERROR)
			put_error(&page, &diags->items[i]);
	put(&page, "  </testsuite>\n</testsuites>\n");
	return page.text.text;
}

const char *expect_print(struct arena *arena, const struct expect_result *results, size_t count,
			 enum format format)
{
	struct result_page page = {.arena = arena};

	if (format == FORMAT_TAP)
		put_tap(&page, results, count);
	else if (format == FORMAT_JUNIT)
		put_junit(&page, results, count);
	else
		put_text(&page, results, count);
	return page.text.text;
}
