/* Explanations for programs.  See ask/explain/parts.h. */
#include "ask/explain/parts.h"

#include "base/arena.h"
#include "base/text.h"

struct page {
	struct arena *arena;
	const struct world *world;
	struct string text;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void put_mark(struct page *page, const struct mark *mark)
{
	put(page, "\"file\": %s, \"line\": %u", text_json(page->arena, mark->file), mark->line);
}

static void put_rule(struct page *page, const struct rule_reason *rule)
{
	static const char *const misses[] = {[MISS_NOTHING] = "null",
					     [MISS_PORT] = "\"port\"",
					     [MISS_PEER] = "\"peer\"",
					     [MISS_BOTH] = "\"port and peer\""};

	put(page, "{");
	put_mark(page, &rule->rule->mark);
	put(page, ", \"allows\": %s, \"misses_by\": %s, \"why\": %s, \"yaml\": %s}",
	    truth(rule->miss == MISS_NOTHING), misses[rule->miss],
	    rule->why ? text_json(page->arena, rule->why) : "null",
	    text_json(page->arena, rule_yaml(page->arena, page->world, rule, "")));
}

static void put_policy(struct page *page, const struct reasons *reasons,
		       const struct policy *policy)
{
	const char *between = "";

	put(page, "{\"namespace\": %s, \"name\": %s, ", text_json(page->arena, policy->namespace),
	    text_json(page->arena, policy->name));
	put_mark(page, &policy->mark);
	put(page, ", \"rules\": [");
	for (size_t i = 0; i < reasons->rule_count; i++) {
		if (reasons->rules[i].policy != policy)
			continue;
		put(page, "%s", between);
		put_rule(page, &reasons->rules[i]);
		between = ", ";
	}
	put(page, "]}");
}

static void put_direction(struct page *page, const struct reasons *reasons, const char *name)
{
	put(page,
	    ", \"%s\": {\"allowed\": %s, \"isolated\": %s, \"to_itself\": %s, \"policies\": [",
	    name, truth(reasons->allowed), truth(reasons->policy_count), truth(reasons->to_itself));
	for (size_t i = 0; i < reasons->policy_count; i++) {
		put(page, "%s", i ? ", " : "");
		put_policy(page, reasons, reasons->policies[i]);
	}
	put(page, "]}");
}

static void put_labels(struct page *page, const struct place *place)
{
	size_t count;
	const struct label_text *labels = place_labels(page->arena, page->world, place, &count);

	for (size_t i = 0; i < count; i++)
		put(page, "%s%s: %s", i ? ", " : "", text_json(page->arena, labels[i].key),
		    text_json(page->arena, labels[i].value));
}

static void put_place(struct page *page, const char *name, const struct place *place, size_t alike)
{
	const bool outside = place->party->kind == PARTY_OUTSIDE;

	put(page, ", \"%s\": {\"name\": %s, \"alike\": %zu, \"pod\": %s, \"labels\": {", name,
	    text_json(page->arena, place->text), alike, truth(!outside));
	put_labels(page, place);
	put(page, "}}");
}

static void put_answer(struct page *page, const struct answer *answer)
{
	put(page, "{\"allowed\": %s", truth(answer->allowed));
	put_place(page, "from", answer->from, answer->from_alike);
	put_place(page, "to", answer->to, answer->to_alike);
	put(page, ", \"port\": %s, \"families\": [%s%s%s]",
	    text_json(page->arena, answer_port(page->arena, answer)),
	    answer->families[V4] ? "\"IPv4\"" : "",
	    answer->families[V4] && answer->families[V6] ? ", " : "",
	    answer->families[V6] ? "\"IPv6\"" : "");
	put_direction(page, &answer->reasons[EGRESS], "egress");
	put_direction(page, &answer->reasons[INGRESS], "ingress");
	put(page, "}");
}

const char *explanation_json(struct arena *arena, const struct world *world,
			     const struct explanation *explanation)
{
	struct page page = {.arena = arena, .world = world};

	put(&page, "{\"allowed\": %s, \"from\": %s, \"to\": %s, \"port\": %s, \"notes\": [",
	    truth(explanation->allowed), text_json(arena, explanation->from),
	    text_json(arena, explanation->to), text_json(arena, explanation->port));
	for (size_t i = 0; i < explanation->notes.count; i++)
		put(&page, "%s%s", i ? ", " : "", text_json(arena, explanation->notes.items[i]));
	put(&page, "], \"answers\": [");
	for (size_t i = 0; i < explanation->count; i++) {
		put(&page, "%s", i ? ", " : "");
		put_answer(&page, &explanation->answers[i]);
	}
	put(&page, "]}\n");
	return page.text.text;
}
