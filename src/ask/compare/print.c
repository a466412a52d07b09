/* Three formats of one comparison. */
#include "ask/compare/print.h"

#include "ask/compare/blocks.h"
#include "ask/matrix/json.h"
#include "ask/reason.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "model/words.h"

/* Columns of a terminal; where the names in a block's lines begin. */
#define WIDTH  80
#define INDENT 4
#define PORTS  18

static const char *const age_words[] = {[OLD] = "closed", [NEW] = "opened"};

/* What is opened comes first. */
static const enum age ages[] = {NEW, OLD};

struct compare_page {
	struct arena *arena;
	const struct comparison *comparison;
	struct string text;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

/* "for 3 workloads", "for pods that the input has none of". */
static const char *for_whom(struct arena *arena, size_t workloads)
{
	return workloads ? arena_printf(arena, "for %s",
					text_counted(arena, workloads, "workload", "workloads"))
			 : "for pods that the input has none of";
}

/* "connections opened for 3 workloads, closed for 1 workload". */
static const char *summary(struct arena *arena, const struct comparison *comparison)
{
	const size_t *counts = comparison->counts;
	const char *opened = for_whom(arena, comparison->workloads[NEW]);
	const char *closed = for_whom(arena, comparison->workloads[OLD]);

	if (!counts[NEW])
		return counts[OLD]
			       ? arena_printf(arena, "no connection opened, some closed %s", closed)
			       : "no connection opened, none closed";
	if (!counts[OLD])
		return arena_printf(arena, "connections opened %s, none closed", opened);
	return arena_printf(arena, "connections opened %s, closed %s", opened, closed);
}

static const struct passage *passage_at(const struct part *part, const struct block_line *line)
{
	return part->summed_up ? line->answer : ((const struct ends_change *)line->answer)->passage;
}

static void put_line(struct compare_page *page, const struct part *part,
		     const struct block_line *line)
{
	const struct ends_change *change = part->summed_up ? NULL : line->answer;
	const char *ports = passage_text(page->arena, passage_at(part, line));
	const char *word = part->outgoing ? "to " : "from ";
	const int indent = 2 * INDENT + PORTS;

	put(page, "%*s%-*s", 2 * INDENT, "", PORTS, ports);
	if (strlen(ports) >= PORTS)
		put(page, "\n%*s", indent, "");
	put(page, "%s", word);
	phrases_append(page->arena, &page->text, &line->others, (size_t)indent + strlen(word),
		       WIDTH);
	put(page, "\n");
	for (size_t i = 0; change && i < change->cause_count; i++)
		put(page, "%*s%s\n", indent, "", change->causes[i].text);
}

static void put_part(struct compare_page *page, const struct part *part)
{
	const char *word = part->outgoing ? "from " : "to ";

	put(page, "\n%s\n", age_words[part->age]);
	for (size_t i = 0; i < part->blocks.count; i++) {
		const struct block *block = &part->blocks.items[i];

		if (!block->line_count)
			continue;
		put(page, "%*s%s", INDENT, "", word);
		phrases_append(page->arena, &page->text, &block->names, INDENT + strlen(word),
			       WIDTH);
		put(page, "\n");
		for (size_t k = 0; k < block->line_count; k++)
			put_line(page, part, &block->lines[k]);
	}
	if (part->cause_count)
		put(page, "%*sby\n", INDENT, "");
	for (size_t i = 0; i < part->cause_count; i++)
		put(page, "%*s%s\n", 2 * INDENT, "", part->causes[i].text);
}

const char *comparison_text(struct arena *arena, const struct comparison *comparison)
{
	struct compare_page page = {.arena = arena, .comparison = comparison};

	put(&page, "%s\n", summary(arena, comparison));
	for (size_t i = 0; i < AGES; i++) {
		struct part part;

		if (!comparison->counts[ages[i]])
			continue;
		part = part_of(arena, comparison, ages[i]);
		put_part(&page, &part);
	}
	return page.text.text;
}

static const char *md_phrases(struct arena *arena, const struct phrases *phrases)
{
	struct string text = {0};

	phrases_append(arena, &text, phrases, 0, 0);
	return text_md(arena, text.text);
}

static void put_row(struct compare_page *page, const struct part *part, const struct block *block,
		    const struct block_line *line)
{
	const struct ends_change *change = part->summed_up ? NULL : line->answer;
	const char *names = md_phrases(page->arena, &block->names);
	const char *others = md_phrases(page->arena, &line->others);

	put(page, "| %s%s%s | %s | %s | %s | ", part->age == NEW ? "**" : "", age_words[part->age],
	    part->age == NEW ? "**" : "", part->outgoing ? names : others,
	    part->outgoing ? others : names, passage_text(page->arena, passage_at(part, line)));
	for (size_t i = 0; change && i < change->cause_count; i++)
		put(page, "%s%s", i ? "; " : "", text_md(page->arena, change->causes[i].text));
	put(page, "%s |\n", change ? "" : "see below");
}

static void put_causes(struct compare_page *page, const struct part *part)
{
	if (!part->cause_count)
		return;
	put(page, "\n%s by\n\n", age_words[part->age]);
	for (size_t i = 0; i < part->cause_count; i++)
		put(page, "- %s\n", text_md(page->arena, part->causes[i].text));
}

const char *comparison_md(struct arena *arena, const struct comparison *comparison)
{
	struct compare_page page = {.arena = arena, .comparison = comparison};
	struct part parts[AGES];

	put(&page, "### %s\n", summary(arena, comparison));
	if (!comparison->counts[OLD] && !comparison->counts[NEW])
		return page.text.text;
	put(&page, "\n| | from | to | ports | why |\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < AGES; i++) {
		const struct blocks *blocks = &parts[i].blocks;

		parts[i] = part_of(arena, comparison, ages[i]);
		for (size_t k = 0; k < blocks->count; k++)
			for (size_t l = 0; l < blocks->items[k].line_count; l++)
				put_row(&page, &parts[i], &blocks->items[k],
					&blocks->items[k].lines[l]);
	}
	for (size_t i = 0; i < AGES; i++)
		put_causes(&page, &parts[i]);
	return page.text.text;
}

static void put_rule(struct json *json, const struct tier_reason *rule)
{
	json_put_text(json, "policy", rule->policy->name);
	json_put_text(json, "tier", tier_text(rule->policy->tier));
	json_put_number(json, "priority", rule->policy->priority);
	json_put_number(json, "rule", rule->number);
	json_put_text(json, "name", rule->rule->name);
	json_put_text(json, "action", action_text(rule->rule->action));
}

static void put_cause(struct json *json, const struct cause *cause)
{
	json_open_object(json, NULL);
	json_put_text(json, "direction", direction_text(cause->direction));
	if (cause->rule)
		put_rule(json, cause->rule);
	else
		json_put_text(json, "policy", policy_text(json->arena, cause->policy));
	json_put_text(json, "of", cause->age == OLD ? "old" : "new");
	json_put_text(json, "file", cause->mark.file);
	json_put_number(json, "line", cause->mark.line);
	json_put_text(json, "text", cause->text);
	json_close(json);
}

struct json_page {
	struct json json;
	const struct row *rows;
};

static void put_pair(void *context, size_t from, size_t to, const void *answer)
{
	const struct ends_change *change = answer;
	struct json_page *page = context;
	struct json *json = &page->json;

	json_break(json, 0);
	json_open_object(json, NULL);
	json_put_text(json, "from", page->rows[from].label);
	json_put_text(json, "to", page->rows[to].label);
	json_put_passage(json, change->passage);
	json_open_array(json, "why");
	for (size_t i = 0; i < change->cause_count; i++)
		put_cause(json, &change->causes[i]);
	json_close(json);
	json_close(json);
}

const char *comparison_json(struct arena *arena, const struct comparison *comparison)
{
	struct json_page page = {.json.arena = arena, .rows = comparison->rows->items};

	json_open_object(&page.json, NULL);
	json_put_rows(&page.json, comparison->rows->items, comparison->rows->count,
		      comparison->rows->parties);
	for (size_t i = 0; i < AGES; i++) {
		const struct asked asked = changes_asked(comparison->changes, ages[i], AS_CHANGES);

		json_break(&page.json, 0);
		json_open_array(&page.json, age_words[ages[i]]);
		asked_each(arena, &asked, put_pair, &page);
		json_close(&page.json);
	}
	json_close(&page.json);
	return json_end(&page.json);
}
