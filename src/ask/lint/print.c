/* Writes findings as text and JSON. */
#include "ask/lint/print.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "model/words.h"

/* At most so many further places are named; the others are counted.  */
#define PLACES_NAMED 6

const char *severity_text(enum severity severity)
{
	static const char *const texts[] = {
		[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};

	return texts[severity];
}

/* Writes " (also at lines 12, 15)".  */
static const char *others_text(const struct lint *lint, const struct finding *finding)
{
	struct string text = {0};

	if (!finding->other_count)
		return "";
	arena_append(lint->arena, &text, " (also at line%s ", finding->other_count > 1 ? "s" : "");
	for (size_t i = 0; i < finding->other_count && i < PLACES_NAMED; i++)
		arena_append(lint->arena, &text, "%s%u", i ? ", " : "", finding->others[i].line);
	if (finding->other_count > PLACES_NAMED)
		arena_append(lint->arena, &text, " and %zu more",
			     finding->other_count - PLACES_NAMED);
	arena_append(lint->arena, &text, ")");
	return text.text;
}

const char *lint_text(const struct lint *lint, const struct lint_counts *counts)
{
	struct arena *arena = lint->arena;
	struct string out = {0};

	for (size_t i = 0; i < lint->count; i++) {
		const struct finding *finding = &lint->findings[i];

		arena_append(arena, &out, "%s:%u:%u: %s: %s%s [%s]\n    %s\n",
			     text_plain(arena, finding->mark.file), finding->mark.line,
			     finding->mark.col, severity_text(finding->severity),
			     text_plain(arena, finding->reason), others_text(lint, finding),
			     finding->check->code, text_plain(arena, finding->remedy));
	}
	if (!lint->objects->policy_count && !lint->objects->cluster_policy_count)
		return "no findings, since there is no policy\n";
	if (!lint->count)
		return "no findings\n";
	arena_append(arena, &out, "%s: %s, %s\n",
		     text_counted(arena, lint->count, "finding", "findings"),
		     text_counted(arena, counts->warnings, "warning", "warnings"),
		     text_counted(arena, counts->notes, "note", "notes"));
	return out.text;
}

static void put_place(struct json *json, const struct mark *mark)
{
	json_put_text(json, "file", mark->file);
	json_put_number(json, "line", mark->line);
	json_put_number(json, "column", mark->col);
}

static void put_finding(struct json *json, const struct finding *finding)
{
	json_break(json, 2);
	json_open_object(json, NULL);
	json_put_text(json, "code", finding->check->code);
	json_put_text(json, "severity", severity_text(finding->severity));
	put_place(json, &finding->mark);
	json_break(json, 3);
	json_put_text(json, "policy", policy_text(json->arena, finding->policy));
	json_break(json, 3);
	json_put_text(json, "reason", finding->reason);
	json_break(json, 3);
	json_put_text(json, "remedy", finding->remedy);
	if (finding->other_count) {
		json_break(json, 3);
		json_open_array(json, "also");
		for (size_t i = 0; i < finding->other_count; i++) {
			json_open_object(json, NULL);
			put_place(json, &finding->others[i]);
			json_close(json);
		}
		json_close(json);
	}
	json_close(json);
}

const char *lint_json(const struct lint *lint, const struct lint_counts *counts)
{
	struct json json = {.arena = lint->arena};

	json_open_object(&json, NULL);
	json_open_array(&json, "findings");
	for (size_t i = 0; i < lint->count; i++)
		put_finding(&json, &lint->findings[i]);
	if (lint->count)
		json_break(&json, 0);
	json_close(&json);
	json_put_number(&json, "warnings", counts->warnings);
	json_put_number(&json, "notes", counts->notes);
	json_close(&json);
	return json_end(&json);
}
