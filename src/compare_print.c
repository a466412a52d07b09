/* See compare_print.h. */
#include "compare_print.h"

#include "arena.h"
#include "matrix_blocks.h"
#include "text.h"

/* Columns of a terminal; where the names in a block's lines begin. */
#define WIDTH  80
#define INDENT 4
#define PORTS  18

static const char *const age_words[] = {[OLD] = "closed", [NEW] = "opened"};

/* What is opened comes first. */
static const enum age ages[] = {NEW, OLD};

struct page {
	struct arena *arena;
	const struct comparison *comparison;
	struct string text;
	size_t pairs; /* written */
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

static const void *answer_of(const void *context, enum age age, uint32_t from, uint32_t to,
			     bool *asked)
{
	const struct comparison *comparison = context;

	return changes_between(comparison->changes, age, from, to, asked);
}

static const void *opened(const void *context, uint32_t from, uint32_t to, bool *asked)
{
	return answer_of(context, NEW, from, to, asked);
}

static const void *closed(const void *context, uint32_t from, uint32_t to, bool *asked)
{
	return answer_of(context, OLD, from, to, asked);
}

static bool changes_something(const void *answer)
{
	return passage_is_open(((const struct change *)answer)->passage);
}

static struct blocks blocks_of(struct arena *arena, const struct comparison *comparison,
			       enum age age)
{
	const struct compare_ends *ends = comparison->ends;
	uint32_t *kind_of = arena_array(arena, ends->row_count, sizeof(*kind_of));
	bool *subjects = arena_array(arena, ends->kind_count, sizeof(*subjects));
	const struct asked asked = {.rows = ends->rows,
				    .row_count = ends->row_count,
				    .kind_of = kind_of,
				    .subjects = subjects,
				    .kind_count = ends->kind_count,
				    .answer = age == NEW ? opened : closed,
				    .is_worth_a_line = changes_something,
				    .context = comparison};

	for (size_t i = 0; i < ends->row_count; i++)
		kind_of[i] = ends->rows[i].class;
	for (size_t i = 0; i < ends->kind_count; i++)
		subjects[i] = true;
	return blocks_new(arena, &asked, false);
}

/* "3 connections opened, 1 closed". */
static const char *summary(struct arena *arena, const struct comparison *comparison)
{
	const size_t *counts = comparison->counts;

	if (!counts[OLD] && !counts[NEW])
		return "no connection opened, none closed";
	return arena_printf(arena, "%s opened, %zu closed",
			    text_counted(arena, counts[NEW], "connection", "connections"),
			    counts[OLD]);
}

static void put_line(struct page *page, const struct block_line *line)
{
	const struct change *change = line->answer;
	const char *ports = passage_text(page->arena, change->passage);
	const int indent = 2 * INDENT + PORTS;

	put(page, "%*s%-*s", 2 * INDENT, "", PORTS, ports);
	if (strlen(ports) >= PORTS)
		put(page, "\n%*s", indent, "");
	put(page, "from ");
	phrases_append(page->arena, &page->text, &line->others, (size_t)indent + strlen("from "),
		       WIDTH);
	put(page, "\n");
	for (size_t i = 0; i < change->cause_count; i++)
		put(page, "%*s%s\n", indent, "", change->causes[i].text);
}

static void put_age(struct page *page, enum age age)
{
	const struct blocks blocks = blocks_of(page->arena, page->comparison, age);

	put(page, "\n%s\n", age_words[age]);
	for (size_t i = 0; i < blocks.count; i++) {
		const struct block *block = &blocks.items[i];

		if (!block->line_count)
			continue;
		put(page, "%*sto ", INDENT, "");
		phrases_append(page->arena, &page->text, &block->names, INDENT + strlen("to "),
			       WIDTH);
		put(page, "\n");
		for (size_t k = 0; k < block->line_count; k++)
			put_line(page, &block->lines[k]);
	}
}

const char *comparison_text(struct arena *arena, const struct comparison *comparison)
{
	struct page page = {.arena = arena, .comparison = comparison};

	put(&page, "%s\n", summary(arena, comparison));
	for (size_t i = 0; i < AGES; i++)
		if (comparison->counts[ages[i]])
			put_age(&page, ages[i]);
	return page.text.text;
}

static const char *md_phrases(struct arena *arena, const struct phrases *phrases)
{
	struct string text = {0};

	phrases_append(arena, &text, phrases, 0, 0);
	return text_md(arena, text.text);
}

static void put_row(struct page *page, enum age age, const char *to, const struct block_line *line)
{
	const struct change *change = line->answer;

	put(page, "| %s%s%s | %s | %s | %s | ", age == NEW ? "**" : "", age_words[age],
	    age == NEW ? "**" : "", md_phrases(page->arena, &line->others), to,
	    passage_text(page->arena, change->passage));
	for (size_t i = 0; i < change->cause_count; i++)
		put(page, "%s%s", i ? "; " : "", text_md(page->arena, change->causes[i].text));
	put(page, " |\n");
}

const char *comparison_md(struct arena *arena, const struct comparison *comparison)
{
	struct page page = {.arena = arena, .comparison = comparison};

	put(&page, "### %s\n", summary(arena, comparison));
	if (comparison->counts[OLD] || comparison->counts[NEW])
		put(&page, "\n| | from | to | ports | why |\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < AGES; i++) {
		const struct blocks blocks = blocks_of(arena, comparison, ages[i]);

		for (size_t k = 0; k < blocks.count; k++) {
			const char *to = md_phrases(arena, &blocks.items[k].names);

			for (size_t l = 0; l < blocks.items[k].line_count; l++)
				put_row(&page, ages[i], to, &blocks.items[k].lines[l]);
		}
	}
	return page.text.text;
}

static void put_ports(struct page *page, const char *name, const struct reach *reach)
{
	put(page, ", \"%s\": [", name);
	for (size_t i = 0; i < reach->count; i++)
		put(page, "%s\"%s\"", i ? ", " : "",
		    reach_text(page->arena, &(struct reach){&reach->ranges[i], 1}));
	put(page, "]");
}

static void put_cause(struct page *page, const struct cause *cause)
{
	static const char *const directions[] = {[INGRESS] = "ingress", [EGRESS] = "egress"};
	const char *policy =
		arena_printf(page->arena, "%s/%s", cause->policy->namespace, cause->policy->name);

	put(page,
	    "{\"direction\": \"%s\", \"policy\": %s, \"of\": \"%s\", \"file\": %s, \"line\": %u, "
	    "\"text\": %s}",
	    directions[cause->direction], text_json(page->arena, policy),
	    cause->age == OLD ? "old" : "new", text_json(page->arena, cause->mark.file),
	    cause->mark.line, text_json(page->arena, cause->text));
}

static void put_pair(void *context, size_t from, size_t to, const struct change *change)
{
	struct page *page = context;
	const struct row *rows = page->comparison->ends->rows;

	put(page, "%s\n{\"from\": %s, \"to\": %s", page->pairs++ ? "," : "",
	    text_json(page->arena, rows[from].label), text_json(page->arena, rows[to].label));
	put_ports(page, "ports", &change->passage->reach);
	if (change->passage->only[V4].count || change->passage->only[V6].count) {
		put_ports(page, "ipv4_only", &change->passage->only[V4]);
		put_ports(page, "ipv6_only", &change->passage->only[V6]);
	}
	put(page, ", \"why\": [");
	for (size_t i = 0; i < change->cause_count; i++) {
		put(page, "%s", i ? ", " : "");
		put_cause(page, &change->causes[i]);
	}
	put(page, "]}");
}

const char *comparison_json(struct arena *arena, const struct comparison *comparison)
{
	struct page page = {.arena = arena, .comparison = comparison};

	put(&page, "{");
	for (size_t i = 0; i < AGES; i++) {
		put(&page, "%s\"%s\": [", i ? ",\n" : "", age_words[ages[i]]);
		page.pairs = 0;
		comparison_each(comparison, ages[i], put_pair, &page);
		put(&page, "]");
	}
	put(&page, "}\n");
	return page.text.text;
}
