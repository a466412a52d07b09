/* The matrix for programs.  See ask/matrix/print.h. */
#include "ask/matrix/print.h"

#include "ask/matrix/json.h"
#include "ask/matrix/kinds.h"
#include "base/arena.h"
#include "base/text.h"

struct page {
	struct arena *arena;
	const struct shown *shown;
	struct string text;
	const char **labels; /* by row, as the format writes them */
	/* The last passage that was written, as it is written. */
	const struct passage *last;
	const char *ports;
	size_t pairs; /* written */
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
			if (passage != page->last)
				page->ports = NULL;
			page->last = passage;
			write(page, from, to);
		}
	}
}

/* RFC 4180. */
static const char *csv_field(struct arena *arena, const char *text)
{
	struct string quoted = {0};

	if (!strpbrk(text, ",\"\r\n"))
		return text;
	arena_append(arena, &quoted, "\"");
	for (; *text; text++)
		arena_append(arena, &quoted, "%s%c", *text == '"' ? "\"" : "", *text);
	arena_append(arena, &quoted, "\"");
	return quoted.text;
}

static void csv_pair(struct page *page, size_t from, size_t to)
{
	if (!page->ports)
		page->ports = csv_field(page->arena, passage_text(page->arena, page->last));
	put(page, "%s,%s,%s\r\n", page->labels[from], page->labels[to], page->ports);
}

static struct page page_new(struct arena *arena, const struct shown *shown,
			    const char *(*written)(struct arena *arena, const char *text))
{
	struct page page = {.arena = arena, .shown = shown};

	page.labels = arena_array(arena, shown->rows->count, sizeof(*page.labels));
	for (size_t i = 0; i < shown->rows->count; i++)
		page.labels[i] = written(arena, shown->rows->items[i].label);
	return page;
}

const char *matrix_csv(struct arena *arena, const struct shown *shown)
{
	struct page page = page_new(arena, shown, csv_field);

	put(&page, "from,to,ports\r\n");
	each_pair(&page, csv_pair);
	return page.text.text;
}

static void json_pair(struct page *page, size_t from, size_t to)
{
	if (!page->ports)
		page->ports = json_passage(page->arena, page->last);
	put(page, "%s\n{\"from\": %s, \"to\": %s, %s}", page->pairs++ ? "," : "",
	    page->labels[from], page->labels[to], page->ports);
}

const char *matrix_json(struct arena *arena, const struct shown *shown,
			const struct isolation *isolation)
{
	struct page page = page_new(arena, shown, text_json);

	put(&page, "{");
	json_rows(arena, &page.text, shown->rows->items, shown->rows->count,
		  shown->rows->world->parties);
	put(&page, ",\n\"connections\": [");
	each_pair(&page, json_pair);
	put(&page, "],\n\"isolated\": {\"pods\": %zu, \"ingress\": %zu, \"egress\": %zu}}\n",
	    isolation->pods, isolation->isolated[INGRESS], isolation->isolated[EGRESS]);
	return page.text.text;
}
