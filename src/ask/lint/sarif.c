/*
 * Writes findings, or why the input was refused, as SARIF 2.1.0.
 *
 * Sites recognise a result by its fingerprint: the code, the policy, and a number that counts such
 * findings of the policy.  Lines may move, and so may the pods that the reason names.
 */
#include "ask/lint/help.h"
#include "ask/lint/lint.h"
#include "ask/lint/print.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/table.h"
#include "base/text.h"
#include "model/words.h"

#define SCHEMA      "https://json.schemastore.org/sarif-2.1.0.json"
#define FINGERPRINT "findingInPolicy/v1"

/* The rule under which everything that is wrong with the input is reported.  */
#define INVALID "invalid"

/* The name that the reader gives to standard input.  */
#define STANDARD_INPUT "<stdin>"

/* Writes the name of a file as a URI reference (RFC 3986).  */
static const char *uri(struct arena *arena, const char *file)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	struct string out = {0};

	while (!strncmp(file, "./", 2))
		file += 2;
	arena_append(arena, &out, "%s", *file == '/' ? "file://" : "");
	for (; *file; file++)
		arena_append(arena, &out, strchr(plain, *file) ? "%c" : "%%%02X",
			     (unsigned char)*file);
	return out.text;
}

static void put_message(struct json *json, const char *key, const char *text)
{
	json_open_object(json, key);
	json_put_text(json, "text", text);
	json_close(json);
}

/* Standard input is no file, so it gets a name and words that say what it is.  */
static void put_artifact(struct json *json, const char *file)
{
	const bool is_file = strcmp(file, STANDARD_INPUT) != 0;

	json_open_object(json, "artifactLocation");
	json_put_text(json, "uri", is_file ? uri(json->arena, file) : "stdin");
	if (!is_file)
		put_message(json, "description", "standard input");
	json_close(json);
}

static void put_place(struct json *json, const struct mark *mark)
{
	json_open_object(json, "physicalLocation");
	put_artifact(json, mark->file);
	if (mark->line) {
		json_open_object(json, "region");
		json_put_number(json, "startLine", mark->line);
		if (mark->col)
			json_put_number(json, "startColumn", mark->col);
		json_close(json);
	}
	json_close(json);
}

static void put_rule(struct json *json, const char *code, const char *title, enum severity severity)
{
	struct arena *arena = json->arena;

	json_break(json, 8);
	json_open_object(json, NULL);
	json_put_text(json, "id", code);
	put_message(json, "shortDescription", title);
	json_break(json, 9);
	put_message(json, "fullDescription", help_description(arena, code));
	json_break(json, 9);
	json_open_object(json, "help");
	json_put_text(json, "text", help_markdown(arena, code));
	json_put_text(json, "markdown", help_markdown(arena, code));
	json_close(json);
	json_break(json, 9);
	json_put_text(json, "helpUri", help_uri(arena, code));
	json_open_object(json, "defaultConfiguration");
	json_put_text(json, "level", severity_text(severity));
	json_close(json);
	json_close(json);
}

/* Writes the beginning of a report, up to the rules.  */
static struct json begin_report(struct arena *arena)
{
	struct json json = {.arena = arena};

	json_open_object(&json, NULL);
	json_put_text(&json, "$schema", SCHEMA);
	json_break(&json, 1);
	json_put_text(&json, "version", "2.1.0");
	json_break(&json, 1);
	json_open_array(&json, "runs");
	json_break(&json, 2);
	json_open_object(&json, NULL);
	json_open_object(&json, "tool");
	json_open_object(&json, "driver");
	json_put_text(&json, "name", "np2nft");
	json_put_text(&json, "version", NP2NFT_VERSION);
	json_break(&json, 6);
	json_open_array(&json, "rules");
	return json;
}

/* Writes what stands between the rules and the results.  */
static void begin_results(struct json *json, bool successful)
{
	for (size_t i = 0; i < 3; i++)
		json_close(json);
	json_break(json, 3);
	json_open_array(json, "invocations");
	json_open_object(json, NULL);
	json_put_bool(json, "executionSuccessful", successful);
	json_close(json);
	json_close(json);
	json_break(json, 3);
	json_put_text(json, "columnKind", "unicodeCodePoints");
	json_break(json, 3);
	json_open_array(json, "results");
}

static const char *end_report(struct json *json)
{
	for (size_t i = 0; i < 4; i++)
		json_close(json);
	return json_end(json);
}

static void begin_result(struct json *json, const char *rule, size_t index, enum severity severity)
{
	json_break(json, 6);
	json_open_object(json, NULL);
	json_put_text(json, "ruleId", rule);
	json_put_number(json, "ruleIndex", index);
	json_put_text(json, "level", severity_text(severity));
}

static void put_others(struct json *json, const struct finding *finding)
{
	if (!finding->other_count)
		return;
	json_break(json, 7);
	json_open_array(json, "relatedLocations");
	for (size_t i = 0; i < finding->other_count; i++) {
		json_open_object(json, NULL);
		json_put_number(json, "id", i + 1);
		put_place(json, &finding->others[i]);
		put_message(json, "message", "the same here");
		json_close(json);
	}
	json_close(json);
}

static void put_finding(struct json *json, const struct finding *finding, size_t index,
			const char *fingerprint)
{
	struct arena *arena = json->arena;

	begin_result(json, finding->check->code, index, finding->severity);
	json_break(json, 7);
	put_message(json, "message",
		    arena_printf(arena, "%s\nRemedy: %s", finding->reason, finding->remedy));
	json_break(json, 7);
	json_open_array(json, "locations");
	json_open_object(json, NULL);
	put_place(json, &finding->mark);
	json_open_array(json, "logicalLocations");
	json_open_object(json, NULL);
	json_put_text(json, "fullyQualifiedName", policy_text(arena, finding->policy));
	json_close(json);
	json_close(json);
	json_close(json);
	json_close(json);
	put_others(json, finding);
	json_break(json, 7);
	json_open_object(json, "partialFingerprints");
	json_put_text(json, FINGERPRINT, fingerprint);
	json_close(json);
	json_close(json);
}

/* How often each code was reported for each policy so far.  */
struct told {
	struct table texts;
	size_t *times;
	size_t count;
};

static const char *fingerprint(struct arena *arena, struct told *told,
			       const struct finding *finding)
{
	const char *text = arena_printf(arena, "%s %s", finding->check->code,
					policy_text(arena, finding->policy));
	bool added = false;
	uint32_t number = table_keep(&told->texts, text, strlen(text), &added);

	if (added)
		arena_push(arena, told->times, told->count, (size_t)0);
	return arena_printf(arena, "%s %zu", text, ++told->times[number]);
}

const char *lint_sarif(const struct lint *lint, const struct check *checks, size_t count)
{
	struct told told = {.texts.arena = lint->arena};
	struct json json = begin_report(lint->arena);

	for (size_t i = 0; i < count; i++)
		put_rule(&json, checks[i].code, checks[i].title, checks[i].severity);
	begin_results(&json, true);
	for (size_t i = 0; i < lint->count; i++) {
		const struct finding *finding = &lint->findings[i];

		put_finding(&json, finding, (size_t)(finding->check - checks),
			    fingerprint(lint->arena, &told, finding));
	}
	return end_report(&json);
}

const char *lint_refusal(struct arena *arena, const struct diags *diags)
{
	struct json json = begin_report(arena);

	put_rule(&json, INVALID, "Input that is refused", DIAG_ERROR);
	begin_results(&json, false);
	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *diag = &diags->items[i];

		if (diag->severity != DIAG_ERROR)
			continue;
		begin_result(&json, INVALID, 0, DIAG_ERROR);
		json_break(&json, 7);
		put_message(&json, "message", diag->text);
		if (diag->mark.file) {
			json_open_array(&json, "locations");
			json_open_object(&json, NULL);
			put_place(&json, &diag->mark);
			json_close(&json);
			json_close(&json);
		}
		json_close(&json);
	}
	return end_report(&json);
}
