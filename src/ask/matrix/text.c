/*
 * The matrix for people: blocks as wide as a terminal, each with a line for every answer; and the same in
 * Markdown.
 */
#include "ask/matrix/paragraphs.h"
#include "ask/matrix/print.h"
#include "base/arena.h"
#include "base/text.h"
#include "model/words.h"

/* Where a block's lines begin. */
#define INDENT 4

/* If there are more rows, a hint tells how to see fewer. */
#define MANY_ROWS 30

static struct blocks blocks_of(struct arena *arena, const struct shown *shown, bool outgoing)
{
	bool *subjects = arena_array(arena, shown->kinds.count, sizeof(*subjects));

	for (size_t i = 0; i < shown->kinds.count; i++)
		subjects[i] = shown_row(shown, shown->kinds.items[i].rows[0]);
	return blocks_new(arena, &shown->asked, subjects, outgoing);
}

static void append_blocks(struct arena *arena, struct string *text, const struct shown *shown,
			  bool outgoing)
{
	const struct blocks blocks = blocks_of(arena, shown, outgoing);
	const char *word = outgoing ? "from" : "to", *other = outgoing ? "to" : "from";

	for (size_t i = 0; i < blocks.count; i++) {
		const struct block *block = &blocks.items[i];

		arena_append(arena, text, "%s", text->len ? "\n" : "");
		phrases_append_head(arena, text, word, 0, &block->names);
		for (size_t k = 0; k < block->line_count; k++)
			phrases_append_line(arena, text, INDENT,
					    decided_text(arena, block->lines[k].answer), other,
					    &block->lines[k].others);
		if (!block->line_count)
			arena_append(arena, text, "%*snothing %s anyone\n", INDENT, "", other);
	}
}

/* Describes the pods that are not isolated. */
static struct phrases open_pods(struct arena *arena, const struct shown *shown, const bool *open)
{
	const struct rows *rows = shown->rows;
	const struct phrase_tree *tree = phrase_tree_new(arena, rows->items, rows->count);
	unsigned char *mentions = arena_array(arena, rows->count, sizeof(*mentions));

	for (size_t i = 0; i < rows->count; i++)
		mentions[i] = open[i] ? MEANT
			      : rows->items[i].kind > PARTY_WORKLOAD &&
					      rows->items[i].kind < PARTY_OUTSIDE
				      ? EITHER
				      : NOT_MEANT;
	return phrases_of(arena, phrase_base_new(arena, tree, mentions), NULL, 0);
}

static void append_isolation(struct arena *arena, struct string *text, const struct shown *shown,
			     const struct matrix_isolation *isolation, size_t width)
{
	if (!isolation->pods)
		return;
	arena_append(arena, text, "\nisolated: %zu of %s for ingress, %zu of %zu for egress\n",
		     isolation->isolated[INGRESS],
		     text_counted(arena, isolation->pods, "pod", "pods"),
		     isolation->isolated[EGRESS], isolation->pods);
	if (isolation->audited[INGRESS] || isolation->audited[EGRESS])
		arena_append(arena, text,
			     "%saudited: %zu for ingress, %zu for egress; what is denied to "
			     "these is counted, and passes\n",
			     width ? "" : "\n", isolation->audited[INGRESS],
			     isolation->audited[EGRESS]);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		const struct phrases open = open_pods(arena, shown, isolation->open[direction]);
		const char *head =
			arena_printf(arena, "not isolated for %s: ", direction_text(direction));

		if (!open.count)
			continue;
		arena_append(arena, text, "%s%s", width ? "" : "\n", head);
		if (width)
			phrases_append(arena, text, &open, strlen(head), width);
		else
			arena_add(arena, text, phrases_md(arena, &open));
		arena_append(arena, text, "\n");
	}
}

const char *matrix_text(struct arena *arena, const struct shown *shown,
			const struct matrix_isolation *isolation)
{
	const bool whole = !shown->in_namespace && !shown->is_pod;
	struct string text = {0};

	append_blocks(arena, &text, shown, false);
	if (!whole)
		append_blocks(arena, &text, shown, true);
	append_isolation(arena, &text, shown, isolation, TERMINAL_WIDTH);
	if (whole && shown->rows->count > MANY_ROWS)
		arena_append(arena, &text,
			     "--namespace, --pod and --port show less of it; --format csv has "
			     "every pair by itself\n");
	return text.text;
}

static void append_rows(struct arena *arena, struct string *text, const struct block *block,
			bool outgoing)
{
	const char *names = phrases_md(arena, &block->names);

	for (size_t i = 0; i < block->line_count; i++) {
		const struct block_line *line = &block->lines[i];
		const char *others = phrases_md(arena, &line->others);

		arena_append(arena, text, "| %s | %s | %s |\n", outgoing ? names : others,
			     outgoing ? others : names, decided_text(arena, line->answer));
	}
	if (!block->line_count)
		arena_append(arena, text, "| %s | %s | nothing |\n", outgoing ? names : "anyone",
			     outgoing ? "anyone" : names);
}

const char *matrix_md(struct arena *arena, const struct shown *shown,
		      const struct matrix_isolation *isolation)
{
	const bool whole = !shown->in_namespace && !shown->is_pod;
	struct string text = {0};

	for (int outgoing = 0; outgoing <= !whole; outgoing++) {
		const struct blocks blocks = blocks_of(arena, shown, outgoing);

		arena_append(arena, &text, "%s| from | to | ports |\n| --- | --- | --- |\n",
			     text.len ? "\n" : "");
		for (size_t i = 0; i < blocks.count; i++)
			append_rows(arena, &text, &blocks.items[i], outgoing);
	}
	append_isolation(arena, &text, shown, isolation, 0);
	return text.text;
}
