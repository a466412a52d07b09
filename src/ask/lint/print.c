/* See ask/lint/print.h. */
#include "ask/lint/print.h"

#include "base/arena.h"
#include "base/text.h"

#include <stdio.h>

/* SARIF's level has the same words. */
static const char *const severities[] = {
	[DIAG_ERROR] = "error", [DIAG_WARNING] = "warning", [DIAG_NOTE] = "note"};

static size_t count_of(const struct lint *lint, enum severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < lint->count; i++)
		count += lint->findings[i].severity == severity;
	return count;
}

const char *lint_text(const struct lint *lint)
{
	struct string out = {0};

	for (size_t i = 0; i < lint->count; i++) {
		const struct finding *finding = &lint->findings[i];

		arena_append(lint->arena, &out, "%s:%u:%u: %s: %s [%s]\n    %s\n",
			     text_plain(lint->arena, finding->mark.file), finding->mark.line,
			     finding->mark.col, severities[finding->severity],
			     text_plain(lint->arena, finding->reason), finding->check->code,
			     text_plain(lint->arena, finding->remedy));
	}
	if (!lint->count)
		return "no findings\n";
	arena_append(lint->arena, &out, "%s: %s, %s\n",
		     text_counted(lint->arena, lint->count, "finding", "findings"),
		     text_counted(lint->arena, count_of(lint, DIAG_WARNING), "warning", "warnings"),
		     text_counted(lint->arena, count_of(lint, DIAG_NOTE), "note", "notes"));
	return out.text;
}

static const char *policy_name(const struct lint *lint, const struct finding *finding)
{
	return arena_printf(lint->arena, "%s/%s", finding->policy->namespace,
			    finding->policy->name);
}

const char *lint_json(const struct lint *lint)
{
	struct arena *arena = lint->arena;
	struct string out = {0};

	arena_append(arena, &out, "{\"findings\": [");
	for (size_t i = 0; i < lint->count; i++) {
		const struct finding *finding = &lint->findings[i];

		arena_append(arena, &out,
			     "%s\n  {\"code\": %s, \"severity\": %s, \"file\": %s, \"line\": %u, "
			     "\"column\": %u,\n   \"policy\": %s,\n   \"reason\": %s,\n   "
			     "\"remedy\": %s}",
			     i ? "," : "", text_json(arena, finding->check->code),
			     text_json(arena, severities[finding->severity]),
			     text_json(arena, finding->mark.file), finding->mark.line,
			     finding->mark.col, text_json(arena, policy_name(lint, finding)),
			     text_json(arena, finding->reason), text_json(arena, finding->remedy));
	}
	arena_append(arena, &out, "%s], \"warnings\": %zu, \"notes\": %zu}\n",
		     lint->count ? "\n" : "", count_of(lint, DIAG_WARNING),
		     count_of(lint, DIAG_NOTE));
	return out.text;
}

/* A file's name as a URI reference (RFC 3986). */
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

static void put_rules(const struct lint *lint, struct string *out, const struct check *checks,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		arena_append(lint->arena, out,
			     "%s\n        {\"id\": %s, \"shortDescription\": {\"text\": %s}, "
			     "\"defaultConfiguration\": {\"level\": %s}}",
			     i ? "," : "", text_json(lint->arena, checks[i].code),
			     text_json(lint->arena, checks[i].title),
			     text_json(lint->arena, severities[checks[i].severity]));
}

static void put_result(const struct lint *lint, struct string *out, const struct finding *finding,
		       const struct check *checks)
{
	struct arena *arena = lint->arena;
	const char *text = arena_printf(arena, "%s\nRemedy: %s", finding->reason, finding->remedy);

	arena_append(
		arena, out,
		"\n      {\"ruleId\": %s, \"ruleIndex\": %zu, \"level\": %s,\n       "
		"\"message\": {\"text\": %s},\n       \"locations\": [{\"physicalLocation\": "
		"{\"artifactLocation\": {\"uri\": %s}, \"region\": {\"startLine\": %u, "
		"\"startColumn\": %u}}, \"logicalLocations\": [{\"fullyQualifiedName\": %s}]}]}",
		text_json(arena, finding->check->code), (size_t)(finding->check - checks),
		text_json(arena, severities[finding->severity]), text_json(arena, text),
		text_json(arena, uri(arena, finding->mark.file)), finding->mark.line,
		finding->mark.col, text_json(arena, policy_name(lint, finding)));
}

const char *lint_sarif(const struct lint *lint, const struct check *checks, size_t count)
{
	struct string out = {0};

	arena_append(lint->arena, &out,
		     "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
		     " \"version\": \"2.1.0\",\n \"runs\": [\n"
		     "  {\"tool\": {\"driver\": {\"name\": \"np2nft\", \"version\": %s,\n"
		     "      \"rules\": [",
		     text_json(lint->arena, NP2NFT_VERSION));
	put_rules(lint, &out, checks, count);
	arena_append(lint->arena, &out,
		     "]}},\n   \"columnKind\": \"unicodeCodePoints\",\n   \"results\": [");
	for (size_t i = 0; i < lint->count; i++) {
		arena_append(lint->arena, &out, "%s", i ? "," : "");
		put_result(lint, &out, &lint->findings[i], checks);
	}
	arena_append(lint->arena, &out, "]}]}\n");
	return out.text;
}
