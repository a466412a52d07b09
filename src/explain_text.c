/* Explanations for people at a terminal.  See explain_parts.h. */
#include "explain_parts.h"

#include "arena.h"
#include "text.h"

/* So many answers are written out before the rest is counted. */
#define ANSWERS_SHOWN 12

struct page {
	struct arena *arena;
	const struct world *world;
	struct string text;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

static const char *place_of(const struct page *page, const struct mark *mark)
{
	return arena_printf(page->arena, "%s:%u", text_plain(page->arena, mark->file), mark->line);
}

static const char *verdict_word(bool allowed)
{
	return allowed ? "ALLOWED" : "DENIED";
}

static const char *alike(const struct page *page, const struct place *place, size_t count)
{
	return count == 1 ? place->text
			  : arena_printf(page->arena, "%s (and %zu more alike)", place->text,
					 count - 1);
}

static const char *connection(const struct page *page, const struct answer *answer)
{
	return arena_printf(
		page->arena, "%s -> %s  %s", alike(page, answer->from, answer->from_alike),
		alike(page, answer->to, answer->to_alike), answer_port(page->arena, answer));
}

static void put_rule(struct page *page, const struct rule_reason *rule)
{
	put(page, "%s", rule_yaml(page->arena, page->world, rule, "      "));
}

static void put_allowing(struct page *page, const struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->rule_count; i++) {
		const struct rule_reason *rule = &reasons->rules[i];

		if (rule->miss != MISS_NOTHING)
			continue;
		put(page, "  %s  rule of NetworkPolicy %s/%s\n", place_of(page, &rule->rule->mark),
		    rule->policy->namespace, rule->policy->name);
		put_rule(page, rule);
	}
}

static const struct rule_reason *rule_of(const struct reasons *reasons, const struct policy *policy)
{
	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].policy == policy)
			return &reasons->rules[i];
	return NULL;
}

/* The others isolate too, which does not matter: one yes is enough. */
static void put_others(struct page *page, const struct reasons *reasons)
{
	const char *between = "  isolated also by ";

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct rule_reason *rule = rule_of(reasons, policy);

		if (rule && rule->miss == MISS_NOTHING)
			continue;
		put(page, "%s%s/%s (%s)", between, policy->namespace, policy->name,
		    place_of(page, &policy->mark));
		between = ", ";
	}
	if (*between == ',')
		put(page, ": one policy that allows is enough\n");
}

static void put_missing(struct page *page, const struct reasons *reasons, enum direction direction)
{
	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct rule_reason *rule = rule_of(reasons, policy);

		put(page, "  %s  NetworkPolicy %s/%s isolates it", place_of(page, &policy->mark),
		    policy->namespace, policy->name);
		if (!rule) {
			put(page, " and has no %s rules\n",
			    direction == EGRESS ? "egress" : "ingress");
			continue;
		}
		put(page, "; nearest of its rules: %s\n    %s\n", place_of(page, &rule->rule->mark),
		    rule->why);
		put_rule(page, rule);
	}
}

static void put_direction(struct page *page, const struct answer *answer, enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const struct place *place = direction == EGRESS ? answer->from : answer->to;

	put(page, "\n%s of %s: ", direction == EGRESS ? "egress" : "ingress", place->text);
	if (place->party->kind == PARTY_OUTSIDE) {
		put(page, "no pod, so no policy is asked\n");
	} else if (reasons->to_itself) {
		put(page, "allowed, as a pod to itself always is\n");
	} else if (!reasons->policy_count) {
		put(page, "allowed, as no policy isolates it for %s\n",
		    direction == EGRESS ? "egress" : "ingress");
	} else if (reasons->allowed) {
		put(page, "allowed by\n");
		put_allowing(page, reasons);
		put_others(page, reasons);
	} else {
		put(page, "DENIED, as no rule allows it\n");
		put_missing(page, reasons, direction);
	}
}

static void put_head(struct page *page, const struct answer *answer, bool alone,
		     const char *question)
{
	const char *text = connection(page, answer);
	const bool one_family = answer->families[V4] != answer->families[V6];

	if (alone && strcmp(text, question) != 0)
		put(page, "  asked as %s\n", text);
	if (!alone)
		put(page, "\n%-7s  %s%s\n", verdict_word(answer->allowed), text,
		    !one_family            ? ""
		    : answer->families[V4] ? "  over IPv4"
					   : "  over IPv6");
}

const char *explanation_text(struct arena *arena, const struct world *world,
			     const struct explanation *explanation)
{
	struct page page = {.arena = arena, .world = world};
	const char *question = arena_printf(arena, "%s -> %s  %s", explanation->from,
					    explanation->to, explanation->port);

	put(&page, "%-7s  %s%s\n", verdict_word(explanation->allowed), question,
	    explanation->differs ? "  (in part)" : "");
	for (size_t i = 0; i < explanation->notes.count; i++)
		put(&page, "  note: %s\n", explanation->notes.items[i]);
	for (size_t i = 0; i < explanation->count && i < ANSWERS_SHOWN; i++) {
		put_head(&page, &explanation->answers[i], explanation->count == 1, question);
		put_direction(&page, &explanation->answers[i], EGRESS);
		put_direction(&page, &explanation->answers[i], INGRESS);
	}
	if (explanation->count > ANSWERS_SHOWN)
		put(&page, "\n… and %zu more kinds of pods; --format json has all\n",
		    explanation->count - ANSWERS_SHOWN);
	return page.text.text;
}
