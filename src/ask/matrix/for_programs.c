/* Writes the matrix as JSON, and as CSV whose cells no spreadsheet takes for formulas. */
#include "ask/matrix/print.h"

#include "ask/matrix/json.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

struct matrix_data {
	struct arena *arena;
	const struct shown *shown;
	struct string text;  /* of the CSV */
	const char **labels; /* index: row; as CSV writes them */
	struct json json;
	/* The last answer that was written as CSV, and its text. */
	const struct decided *last;
	const char *ports, *decided;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

/*
 * Quotes a field as in RFC 4180.  A spreadsheet would take a field that begins with one of these
 * for a formula and run it; behind an apostrophe it is text.
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

static void csv_pair(void *context, size_t from, size_t to, const void *answer)
{
	struct matrix_data *page = context;
	const struct decided *decided = answer;

	if (decided != page->last) {
		page->ports = csv_field(page->arena, passage_text(page->arena, decided->passage));
		page->decided = csv_field(page->arena, decided_text(page->arena, decided));
	}
	page->last = decided;
	put(page, "%s,%s,%s", page->labels[from], page->labels[to], page->ports);
	if (page->shown->by_decider)
		put(page, ",%s", page->decided);
	put(page, "\r\n");
}

const char *matrix_csv(struct arena *arena, const struct shown *shown)
{
	struct matrix_data page = {.arena = arena, .shown = shown};

	page.labels = arena_array(arena, shown->rows->count, sizeof(*page.labels));
	for (size_t i = 0; i < shown->rows->count; i++)
		page.labels[i] = csv_field(arena, shown->rows->items[i].label);
	put(&page, "from,to,ports%s\r\n", shown->by_decider ? ",decided" : "");
	asked_each(arena, &shown->asked, csv_pair, &page);
	return page.text.text;
}

static void open_pair(struct matrix_data *page, size_t from, size_t to)
{
	const struct row *rows = page->shown->rows->items;

	json_break(&page->json, 0);
	json_open_object(&page->json, NULL);
	json_put_text(&page->json, "from", rows[from].label);
	json_put_text(&page->json, "to", rows[to].label);
}

static void put_parts(struct json *json, const struct decided *decided, bool allowed)
{
	json_open_array(json, allowed ? "decided" : "denied");
	for (size_t i = 0; i < decided->count; i++) {
		const struct decided_part *part = &decided->parts[i];

		if (part->allowed != allowed)
			continue;
		json_open_object(json, NULL);
		/* Nearly always the part is everything that passes. */
		if (!allowed || part->passage != decided->passage)
			json_put_passage(json, part->passage);
		json_put_text(json, allowed ? "egress" : "by", decider_text(part->by[EGRESS]));
		if (allowed)
			json_put_text(json, "ingress", decider_text(part->by[INGRESS]));
		json_close(json);
	}
	json_close(json);
}

static void json_pair(void *context, size_t from, size_t to, const void *answer)
{
	struct matrix_data *page = context;
	const struct decided *decided = answer;

	if (!passage_is_open(decided->passage))
		return;
	open_pair(page, from, to);
	json_put_passage(&page->json, decided->passage);
	if (page->shown->by_decider)
		put_parts(&page->json, decided, true);
	json_close(&page->json);
}

static void json_denied(void *context, size_t from, size_t to, const void *answer)
{
	struct matrix_data *page = context;
	const struct decided *decided = answer;

	/* A part that is denied stands last. */
	if (!decided->count || decided->parts[decided->count - 1].allowed)
		return;
	open_pair(page, from, to);
	put_parts(&page->json, decided, false);
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
	if (shown->of_decided.with_denied) {
		json_break(json, 0);
		json_open_array(json, "denied");
		asked_each(arena, &shown->asked, json_denied, &page);
		json_close(json);
	}
	json_break(json, 0);
	json_open_object(json, "isolated");
	json_put_number(json, "pods", isolation->pods);
	json_put_number(json, "ingress", isolation->isolated[INGRESS]);
	json_put_number(json, "egress", isolation->isolated[EGRESS]);
	json_close(json);
	if (isolation->audited[INGRESS] || isolation->audited[EGRESS]) {
		json_open_object(json, "audited");
		json_put_number(json, "ingress", isolation->audited[INGRESS]);
		json_put_number(json, "egress", isolation->audited[EGRESS]);
		json_close(json);
	}
	json_close(json);
	return json_end(json);
}
