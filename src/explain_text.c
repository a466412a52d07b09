/* Explanations for people at a terminal.  See explain_parts.h. */
#include "explain_parts.h"

#include "arena.h"
#include "text.h"

/* So many answers are written out before the rest is counted, and so many lines of a rule. */
#define ANSWERS_SHOWN 12
#define LINES_SHOWN   30

struct page {
	struct arena *arena;
	const struct world *world;
	struct string text;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

static const char *line_of(const struct page *page, const struct mark *mark)
{
	return arena_printf(page->arena, "%s:%u", text_plain(page->arena, mark->file), mark->line);
}

static const char *verdict_word(bool allowed)
{
	return allowed ? "ALLOWED" : "DENIED";
}

static const char *direction_word(enum direction direction)
{
	return direction == EGRESS ? "egress" : "ingress";
}

/* Indented by @indent blanks; a list of hundreds of peers would hide the rest of the answer. */
static void put_rule(struct page *page, const struct rule_reason *rule, int indent)
{
	const char *line = rule_yaml(page->arena, page->world, rule, "");
	size_t shown = 0, left = 0;

	for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
		if (shown < LINES_SHOWN)
			put(page, "%*s%.*s\n", indent, "", (int)(end - line), line);
		shown < LINES_SHOWN ? shown++ : left++;
	}
	if (left)
		put(page, "%*s... %s\n", indent, "",
		    text_counted(page->arena, left, "line more", "lines more"));
}

static const struct rule_reason *rule_of(const struct reasons *reasons, const struct policy *policy)
{
	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].policy == policy)
			return &reasons->rules[i];
	return NULL;
}

/* The others isolate too, which does not matter. */
static void put_others(struct page *page, const struct reasons *reasons)
{
	const char *before = "  isolated also by ";

	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct rule_reason *rule = rule_of(reasons, policy);

		if (rule && rule->miss == MISS_NOTHING)
			continue;
		put(page, "%s%s/%s (%s)", before, policy->namespace, policy->name,
		    line_of(page, &policy->mark));
		before = ", ";
	}
	if (*before == ',')
		put(page, "; one policy that allows is enough\n");
}

static void put_allowing(struct page *page, const struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->rule_count; i++) {
		const struct rule_reason *rule = &reasons->rules[i];

		if (rule->miss != MISS_NOTHING)
			continue;
		put(page, "  NetworkPolicy %s/%s, rule at %s\n", rule->policy->namespace,
		    rule->policy->name, line_of(page, &rule->rule->mark));
		put_rule(page, rule, 4);
	}
	put_others(page, reasons);
}

/* Policies with a rule that comes near, or (@near false) those without rules. */
static void put_missing(struct page *page, const struct reasons *reasons, enum direction direction,
			bool near)
{
	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];
		const struct rule_reason *rule = rule_of(reasons, policy);

		if (!rule != !near)
			continue;
		put(page, "  NetworkPolicy %s/%s at %s", policy->namespace, policy->name,
		    line_of(page, &policy->mark));
		if (!rule) {
			put(page, ": it has no %s rules and allows nothing\n",
			    direction_word(direction));
			continue;
		}
		put(page,
		    policy->rule_count[direction] > 1 ? ": nearest rule at %s\n"
						      : ": its rule at %s\n",
		    line_of(page, &rule->rule->mark));
		put(page, "    %s\n", rule->why);
		put_rule(page, rule, 6);
	}
}

static void put_isolated(struct page *page, const struct reasons *reasons, enum direction direction)
{
	if (reasons->allowed) {
		put(page, "allowed by\n");
		put_allowing(page, reasons);
		return;
	}
	put(page, "DENIED, %s and no rule lets this %s\n",
	    text_counted(page->arena, reasons->policy_count, "policy isolates it",
			 "policies isolate it"),
	    direction == EGRESS ? "out" : "in");
	put_missing(page, reasons, direction, true);
	put_missing(page, reasons, direction, false);
}

static void put_direction(struct page *page, const struct answer *answer, enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const struct place *place = direction == EGRESS ? answer->from : answer->to;

	put(page, "\n%s of %s: ", direction_word(direction), place->text);
	if (place->party->kind == PARTY_OUTSIDE)
		put(page, "allowed, to policies it is no pod and none isolates it\n");
	else if (reasons->to_itself)
		put(page, "allowed, a pod may always reach itself\n");
	else if (!reasons->policy_count)
		put(page, "allowed, no policy isolates it for %s: it is open\n",
		    direction_word(direction));
	else
		put_isolated(page, reasons, direction);
}

/* "app=db,tier=back", "no labels". */
static const char *labels_text(const struct page *page, const struct place *place)
{
	const struct objects *objects = page->world->objects;
	const struct pod *pod;
	struct string text = {0};

	if (place->party->kind == PARTY_OUTSIDE)
		return "an address of no pod";
	pod = &objects->pods[place->party->pod];
	for (size_t i = 0; i < pod->label_count; i++)
		arena_append(page->arena, &text, "%s%s=%s", i ? "," : "labels ",
			     objects->string_of[pod->labels[i].key],
			     objects->string_of[pod->labels[i].value]);
	return text.text ? text.text : "no labels";
}

static const char *name_of(const struct page *page, const struct place *place, size_t alike)
{
	return alike == 1
		       ? place->text
		       : arena_printf(page->arena, "%s and %zu more alike", place->text, alike - 1);
}

static void put_ends(struct page *page, const struct answer *answer, const char *port)
{
	const char *from = name_of(page, answer->from, answer->from_alike);
	const char *to = name_of(page, answer->to, answer->to_alike);
	const char *own_port = answer_port(page->arena, answer);
	const size_t a = strlen(from), b = strlen(to);
	const int width = (int)(a > b ? a : b);
	bool both = true;

	put(page, "  from  %-*s  %s\n", width, from, labels_text(page, answer->from));
	put(page, "  to    %-*s  %s\n", width, to, labels_text(page, answer->to));
	if (strcmp(port, own_port) != 0)
		put(page, "  port  %s\n", own_port);
	for (enum family family = V4; family < FAMILIES; family++)
		both &= answer->from->has[family] && answer->to->has[family];
	if (both && answer->families[V4] != answer->families[V6])
		put(page, "  over  %s\n", answer->families[V4] ? "IPv4" : "IPv6");
}

static void put_answer(struct page *page, const struct explanation *explanation, size_t number)
{
	const struct answer *answer = &explanation->answers[number];

	if (explanation->count > 1)
		put(page, "\n%zu of %zu: %s\n", number + 1, explanation->count,
		    verdict_word(answer->allowed));
	put_ends(page, answer, explanation->port);
	put_direction(page, answer, EGRESS);
	put_direction(page, answer, INGRESS);
}

const char *explanation_text(struct arena *arena, const struct world *world,
			     const struct explanation *explanation)
{
	struct page page = {.arena = arena, .world = world};

	put(&page, "%s  %s -> %s  %s%s\n", verdict_word(explanation->allowed), explanation->from,
	    explanation->to, explanation->port,
	    explanation->differs ? "  (not all of it: the answers below differ)" : "");
	for (size_t i = 0; i < explanation->notes.count; i++)
		put(&page, "  note  %s\n", explanation->notes.items[i]);
	for (size_t i = 0; i < explanation->count && i < ANSWERS_SHOWN; i++)
		put_answer(&page, explanation, i);
	if (explanation->count > ANSWERS_SHOWN)
		put(&page, "\n%s not shown; --format json has all\n",
		    text_counted(arena, explanation->count - ANSWERS_SHOWN, "answer", "answers"));
	return page.text.text;
}
