/* The matrix for programs: JSON, and CSV whose cells no spreadsheet takes for formulas. */
#include "ask/matrix/print.h"

#include "ask/matrix/json.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

struct matrix_data {
	struct arena *arena;
	const struct shown *shown;
	struct string text;  /* of CSV */
	const char **labels; /* by row, as CSV writes them */
	struct json json;
	/* The last passage that was written as CSV, as it is written. */
	const struct passage *last;
	const char *ports;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

/*
 * RFC 4180.  A spreadsheet takes what begins with one of these for a formula, and runs it; behind an apostrophe it is
 * text.
 */
static const char *csv_field(struct arena *arena, const char *text)
{
	const char *before = *text && strchr("=+-@\t\r", *text) ? "'" : "";
	struct string quoted = {0};

	if (!strpbrk(text, ",\"\r\n"))
		return *before ? arena_printf(arena, "%s%s", before, text) : text;
	arena_append(arena, &quoted, "\"%s", before);
	for (; *text; text++)
		arena_append(arena, &quoted, "%s%c", *text == '"' ? "\"" : "", *text);
	arena_append(arena, &quoted, "\"");
	return quoted.text;
}

static void csv_pair(void *context, size_t from, size_t to, const void *passage)
{
	struct matrix_data *page = context;

	if (passage != page->last)
		page->ports = csv_field(page->arena, passage_text(page->arena, passage));
	page->last = passage;
	put(page, "%s,%s,%s\r\n", page->labels[from], page->labels[to], page->ports);
}

const char *matrix_csv(struct arena *arena, const struct shown *shown)
{
	struct matrix_data page = {.arena = arena, .shown = shown};

	page.labels = arena_array(arena, shown->rows->count, sizeof(*page.labels));
	for (size_t i = 0; i < shown->rows->count; i++)
		page.labels[i] = csv_field(arena, shown->rows->items[i].label);
	put(&page, "from,to,ports\r\n");
	asked_each(arena, &shown->asked, csv_pair, &page);
	return page.text.text;
}

static void json_pair(void *context, size_t from, size_t to, const void *passage)
{
	struct matrix_data *page = context;
	const struct row *rows = page->shown->rows->items;

	json_break(&page->json, 0);
	json_open_object(&page->json, NULL);
	json_put_text(&page->json, "from", rows[from].label);
	json_put_text(&page->json, "to", rows[to].label);
	json_put_passage(&page->json, passage);
	json_close(&page->json);
}

const char *matrix_json(struct arena *arena, const struct shown *shown,
			const struct matrix_isolation *isolation)
{
	struct matrix_data page = {.arena = arena, .shown = shown, .json.arena = arena};
	struct json *json = &page.json;

	json_open_object(json, NULL);
	json_put_rows(json, shown->rows->items, shown->rows->count, shown->rows->parties);
	json_break(json, 0);
	json_open_array(json, "connections");
	asked_each(arena, &shown->asked, json_pair, &page);
	json_close(json);
	json_break(json, 0);
	json_open_object(json, "isolated");
	json_put_number(json, "pods", isolation->pods);
	json_put_number(json, "ingress", isolation->isolated[INGRESS]);
	json_put_number(json, "egress", isolation->isolated[EGRESS]);
	json_close(json);
	json_close(json);
	return json_end(json);
}
