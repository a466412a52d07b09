/* The matrix for programs: JSON, and CSV whose cells no spreadsheet takes for formulas. */
#include "ask/matrix/print.h"

#include "ask/matrix/json.h"
#include "ask/matrix/kinds.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

struct page {
	struct arena *arena;
	const struct shown *shown;
	struct string text;  /* of CSV */
	const char **labels; /* by row, as CSV writes them */
	struct json json;
	const struct passage *passage; /* of the pair at hand */
	/* The last passage that was written as CSV, as it is written. */
	const struct passage *last;
	const char *ports;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

/* Every pair that anything passes between, by its ends' rows. */
static void each_pair(struct page *page, void (*write)(struct page *page, size_t from, size_t to))
{
	const struct kinds kinds = kinds_new(page->arena, page->shown);
	const struct rows *rows = page->shown->rows;
	const struct passage **line =
		arena_array(page->arena, kinds.count, sizeof(const struct passage *));

	for (size_t from = 0; from < rows->count; from++) {
		for (uint32_t i = 0; i < kinds.count; i++) {
			bool asked;

			line[i] = kinds_passage(&kinds, kinds.of_row[from], i, &asked);
			if (!asked)
				line[i] = NULL;
		}
		for (size_t to = 0; to < rows->count; to++) {
			const struct passage *passage = line[kinds.of_row[to]];

			if (!passage || !passage_is_open(passage) ||
			    (from == to && row_is_one_pod(rows, &rows->items[from])))
				continue;
			page->passage = passage;
			write(page, from, to);
		}
	}
}

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

static void csv_pair(struct page *page, size_t from, size_t to)
{
	if (page->passage != page->last)
		page->ports = csv_field(page->arena, passage_text(page->arena, page->passage));
	page->last = page->passage;
	put(page, "%s,%s,%s\r\n", page->labels[from], page->labels[to], page->ports);
}

const char *matrix_csv(struct arena *arena, const struct shown *shown)
{
	struct page page = {.arena = arena, .shown = shown};

	page.labels = arena_array(arena, shown->rows->count, sizeof(*page.labels));
	for (size_t i = 0; i < shown->rows->count; i++)
		page.labels[i] = csv_field(arena, shown->rows->items[i].label);
	put(&page, "from,to,ports\r\n");
	each_pair(&page, csv_pair);
	return page.text.text;
}

static void json_pair(struct page *page, size_t from, size_t to)
{
	const struct row *rows = page->shown->rows->items;

	json_break(&page->json, 0);
	json_open_object(&page->json, NULL);
	json_put_text(&page->json, "from", rows[from].label);
	json_put_text(&page->json, "to", rows[to].label);
	json_put_passage(&page->json, page->passage);
	json_close(&page->json);
}

const char *matrix_json(struct arena *arena, const struct shown *shown,
			const struct isolation *isolation)
{
	struct page page = {.arena = arena, .shown = shown, .json.arena = arena};
	struct json *json = &page.json;

	json_open_object(json, NULL);
	json_put_rows(json, shown->rows->items, shown->rows->count, shown->rows->world->parties);
	json_break(json, 0);
	json_open_array(json, "connections");
	each_pair(&page, json_pair);
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
