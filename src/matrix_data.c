/* The matrix for programs.  See matrix_print.h. */
#include "matrix_print.h"

#include "arena.h"
#include "matrix_kinds.h"
#include "text.h"

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

/* ["80/TCP", "ICMP"] */
static const char *json_ports(struct arena *arena, const struct reach *reach)
{
	struct string text = {0};

	arena_append(arena, &text, "[");
	for (size_t i = 0; i < reach->count; i++)
		arena_append(arena, &text, "%s\"%s\"", i ? ", " : "",
			     reach_text(arena, &(struct reach){&reach->ranges[i], 1}));
	arena_append(arena, &text, "]");
	return text.text;
}

static const char *json_passage(struct arena *arena, const struct passage *passage)
{
	const char *text = arena_printf(arena, "\"ports\": %s", json_ports(arena, &passage->reach));

	if (!passage->only[V4].count && !passage->only[V6].count)
		return text;
	return arena_printf(arena, "%s, \"ipv4_only\": %s, \"ipv6_only\": %s", text,
			    json_ports(arena, &passage->only[V4]),
			    json_ports(arena, &passage->only[V6]));
}

static void json_pair(struct page *page, size_t from, size_t to)
{
	if (!page->ports)
		page->ports = json_passage(page->arena, page->last);
	put(page, "%s\n{\"from\": %s, \"to\": %s, %s}", page->pairs++ ? "," : "",
	    page->labels[from], page->labels[to], page->ports);
}

static void json_pods(struct page *page, const struct row *row)
{
	const struct world *world = page->shown->rows->world;

	put(page, ", \"pods\": [");
	for (size_t i = 0; i < row->party_count && row->kind == PARTY_POD; i++)
		put(page, "%s%s", i ? ", " : "",
		    text_json(page->arena,
			      world->objects->pods[world->parties[row->parties[i]].pod].name));
	put(page, "]");
}

static void json_ranges(struct page *page, const struct party *party)
{
	put(page, ", \"ranges\": [");
	for (size_t i = 0; i < party->range_count; i++) {
		char words[RANGE_TEXT];

		range_text(party->has[V4] ? V4 : V6, party->ranges[i].first, party->ranges[i].last,
			   words);
		put(page, "%s\"%s\"", i ? ", " : "", words);
	}
	put(page, "]");
}

static void json_row(struct page *page, size_t number)
{
	static const char *const kinds[] = {[PARTY_POD] = "pods",
					    [PARTY_WORKLOAD] = "pods to come",
					    [PARTY_OTHER_POD] = "any other pod",
					    [PARTY_ELSEWHERE] = "any other namespace",
					    [PARTY_OUTSIDE] = "addresses"};
	const struct row *row = &page->shown->rows->items[number];
	const struct party *party = &page->shown->rows->world->parties[row->parties[0]];

	put(page, "%s\n{\"name\": %s, \"kind\": \"%s\"", number ? "," : "", page->labels[number],
	    kinds[row->kind]);
	if (*row->namespace)
		put(page, ", \"namespace\": %s", text_json(page->arena, row->namespace));
	if (party->owner)
		put(page, ", \"owner\": {\"kind\": %s, \"name\": %s}",
		    text_json(page->arena, party->kind_of_owner),
		    text_json(page->arena, party->owner));
	if (row->kind == PARTY_POD)
		json_pods(page, row);
	if (row->kind == PARTY_OUTSIDE)
		json_ranges(page, party);
	put(page, "}");
}

const char *matrix_json(struct arena *arena, const struct shown *shown,
			const struct isolation *isolation)
{
	struct page page = page_new(arena, shown, text_json);

	put(&page, "{\"rows\": [");
	for (size_t i = 0; i < shown->rows->count; i++)
		json_row(&page, i);
	put(&page, "],\n\"connections\": [");
	each_pair(&page, json_pair);
	put(&page, "],\n\"isolated\": {\"pods\": %zu, \"ingress\": %zu, \"egress\": %zu}}\n",
	    isolation->pods, isolation->isolated[INGRESS], isolation->isolated[EGRESS]);
	return page.text.text;
}
