/* Three formats of one comparison. */
#include "ask/compare/print.h"

#include "ask/compare/paragraphs.h"
#include "ask/matrix/json.h"
#include "ask/reason/reason.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "model/words.h"

/* By how much blocks, and the lines in them, are indented. */
#define INDENT 4

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

static bool has_changed(const struct comparison *comparison, enum age age)
{
	return comparison->counts[age] || comparison->own[age].count;
}

/* "connections opened for 3 workloads, closed for 1 workload". */
static const char *summary(struct arena *arena, const struct comparison *comparison)
{
	const char *opened = for_whom(arena, comparison->workloads[NEW]);
	const char *closed = for_whom(arena, comparison->workloads[OLD]);

	if (!has_changed(comparison, NEW))
		return has_changed(comparison, OLD)
			       ? arena_printf(arena, "no connection opened, some closed %s", closed)
			       : "no connection opened, none closed";
	if (!has_changed(comparison, OLD))
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

	phrases_append_line(page->arena, &page->text, 2 * INDENT,
			    passage_text(page->arena, passage_at(part, line)),
			    part->outgoing ? "to" : "from", &line->others);
	for (size_t i = 0; change && i < change->cause_count; i++)
		put(page, "%*s%s\n", 2 * INDENT + PORTS_WIDTH, "", change->causes[i].text);
}

static void put_part(struct compare_page *page, const struct part *part)
{
	for (size_t i = 0; i < part->blocks.count; i++) {
		const struct block *block = &part->blocks.items[i];

		if (!block->line_count)
			continue;
		put(page, "%*s", INDENT, "");
		phrases_append_head(page->arena, &page->text, part->outgoing ? "from" : "to",
				    INDENT, &block->names);
		for (size_t k = 0; k < block->line_count; k++)
			put_line(page, part, &block->lines[k]);
	}
	if (part->cause_count)
		put(page, "%*sby\n", INDENT, "");
	for (size_t i = 0; i < part->cause_count; i++)
		put(page, "%*s%s\n", 2 * INDENT, "", part->causes[i].text);
}

static const char *row_label(const struct compare_page *page, const struct own_change *change)
{
	return page->comparison->rows->items[change->row].label;
}

/* Writes what changed between pods and the nodes on which they run. */
static void put_own(struct compare_page *page, enum age age)
{
	const struct own_changes *own = &page->comparison->own[age];

	if (own->count)
		put(page, "%*sto the pod's own node, where only ClusterNetworkPolicies bind\n",
		    INDENT, "");
	for (size_t i = 0; i < own->count; i++)
		put(page, "%*s%-*sfrom %s\n", 2 * INDENT, "", PORTS_WIDTH,
		    arena_printf(page->arena, "%s ",
				 passage_text(page->arena, own->items[i].passage)),
		    row_label(page, &own->items[i]));
}

const char *comparison_text(struct arena *arena, const struct comparison *comparison)
{
	struct compare_page page = {.arena = arena, .comparison = comparison};

	put(&page, "%s\n", summary(arena, comparison));
	for (size_t i = 0; i < AGES; i++) {
		struct part part;

		if (!has_changed(comparison, ages[i]))
			continue;
		put(&page, "\n%s\n", age_words[ages[i]]);
		put_own(&page, ages[i]);
		if (!comparison->counts[ages[i]])
			continue;
		part = part_of(arena, comparison, ages[i]);
		put_part(&page, &part);
	}
	return page.text.text;
}

static void put_row(struct compare_page *page, const struct part *part, const struct block *block,
		    const struct block_line *line)
{
	const struct ends_change *change = part->summed_up ? NULL : line->answer;
	const char *names = phrases_md(page->arena, &block->names);
	const char *others = phrases_md(page->arena, &line->others);

	put(page, "| %s%s%s | %s | %s | %s | ", part->age == NEW ? "**" : "", age_words[part->age],
	    part->age == NEW ? "**" : "", part->outgoing ? names : others,
	    part->outgoing ? others : names, passage_text(page->arena, passage_at(part, line)));
	for (size_t i = 0; change && i < change->cause_count; i++)
		put(page, "%s%s", i ? "; " : "", text_md(page->arena, change->causes[i].text));
	put(page, "%s |\n", change ? "" : "see below");
}

static void put_own_rows(struct compare_page *page, enum age age)
{
	const struct own_changes *own = &page->comparison->own[age];
	const char *mark = age == NEW ? "**" : "";

	for (size_t i = 0; i < own->count; i++)
		put(page,
		    "| %s%s%s | %s | the pod's own node | %s | only ClusterNetworkPolicies bind "
		    "there |\n",
		    mark, age_words[age], mark,
		    text_md(page->arena, row_label(page, &own->items[i])),
		    passage_text(page->arena, own->items[i].passage));
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
	if (!has_changed(comparison, OLD) && !has_changed(comparison, NEW))
		return page.text.text;
	put(&page, "\n| | from | to | ports | why |\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < AGES; i++) {
		const struct blocks *blocks = &parts[i].blocks;

		put_own_rows(&page, ages[i]);
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

/* There is no such list if nothing changed between pods and their own nodes. */
static void put_own_list(struct json_page *page, const char *name, const struct own_changes *own)
{
	if (!own->count)
		return;
	json_break(&page->json, 0);
	json_open_array(&page->json, name);
	for (size_t i = 0; i < own->count; i++) {
		json_break(&page->json, 0);
		json_open_object(&page->json, NULL);
		json_put_text(&page->json, "from", page->rows[own->items[i].row].label);
		json_put_passage(&page->json, own->items[i].passage);
		json_close(&page->json);
	}
	json_close(&page->json);
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
	put_own_list(&page, "opened_to_own_node", &comparison->own[NEW]);
	put_own_list(&page, "closed_to_own_node", &comparison->own[OLD]);
	json_close(&page.json);
	return json_end(&page.json);
}
