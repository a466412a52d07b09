/*
 * An explanation for people at a terminal: the verdict first, then each end with its policies, their rules,
 * and what is nearest where nothing matches. Long lists are cut and the rest is counted.
 */
#include "ask/explain/answer.h"
#include "base/arena.h"
#include "base/text.h"
#include "model/words.h"

#include <stdlib.h>

/* At most so many answers, and so many lines of a rule, are written; the rest is counted. */
#define ANSWERS_SHOWN 12
#define LINES_SHOWN   30

struct answer_page {
	struct arena *arena;
	const struct world *world;
	struct string text;
};

#define put(page, ...) arena_append((page)->arena, &(page)->text, __VA_ARGS__)

static const char *line_of(const struct answer_page *page, const struct mark *mark)
{
	return arena_printf(page->arena, "%s:%u", text_plain(page->arena, mark->file), mark->line);
}

static const char *verdict_word(bool allowed, bool depends)
{
	return depends ? "DEPENDS" : allowed ? "ALLOWED" : "DENIED";
}

/* " (allowed if its address lies in 10.0.0.0/8)", or "" if nothing depends on an address. */
static const char *allowed_if(const struct answer_page *page, const struct condition *only_if)
{
	return only_if ? arena_printf(page->arena, "  (allowed %s)",
				      condition_text(page->arena, only_if))
		       : "";
}

/*
 * Writes YAML, indented by @indent blanks.  It is cut, since a list of hundreds of peers would hide
 * the rest of the answer.
 */
static void put_yaml(struct answer_page *page, const char *line, int indent)
{
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

static void put_rule(struct answer_page *page, const struct rule_reason *rule, int indent)
{
	put_yaml(page, rule_yaml(page->arena, page->world, rule, ""), indent);
}

static const struct rule_reason *rule_of(const struct reasons *reasons, const struct policy *policy)
{
	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].policy == policy)
			return &reasons->rules[i];
	return NULL;
}

/* Mentions the policies that isolate, too, but do not matter. */
static void put_others(struct answer_page *page, const struct reasons *reasons)
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

static void put_allowing(struct answer_page *page, const struct reasons *reasons)
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

static int compare_far(const void *a, const void *b)
{
	const struct rule_reason *x = *(const struct rule_reason *const *)a;
	const struct rule_reason *y = *(const struct rule_reason *const *)b;

	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x > y) - (x < y);
}

/* Writes the nearest rule of each policy, the most likely one first and as it is written. */
static void put_misses(struct answer_page *page, const struct reasons *reasons)
{
	const struct rule_reason **rules =
		arena_array(page->arena, reasons->rule_count, sizeof(struct rule_reason *));

	for (size_t i = 0; i < reasons->rule_count; i++)
		rules[i] = &reasons->rules[i];
	if (reasons->rule_count)
		qsort(rules, reasons->rule_count, sizeof(struct rule_reason *), compare_far);
	for (size_t i = 0; i < reasons->rule_count; i++) {
		const struct policy *policy = rules[i]->policy;

		put(page, "  NetworkPolicy %s/%s at %s, %s at %s\n", policy->namespace,
		    policy->name, line_of(page, &policy->mark),
		    policy->rule_count[rules[i]->direction] > 1 ? "nearest rule" : "its only rule",
		    line_of(page, &rules[i]->rule->mark));
		put(page, "    %s\n", rules[i]->why);
		if (i == 0)
			put_rule(page, rules[i], 6);
	}
}

static void put_without_rules(struct answer_page *page, const struct reasons *reasons,
			      enum direction direction)
{
	for (size_t i = 0; i < reasons->policy_count; i++) {
		const struct policy *policy = reasons->policies[i];

		if (!rule_of(reasons, policy))
			put(page,
			    "  NetworkPolicy %s/%s at %s, no %s rules\n    it allows nothing\n",
			    policy->namespace, policy->name, line_of(page, &policy->mark),
			    direction_text(direction));
	}
}

static void put_isolated(struct answer_page *page, const struct answer *answer,
			 enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const struct condition *only_if = answer->sides[direction];

	if (reasons->allowed && only_if)
		put(page, "allowed %s, by\n", condition_text(page->arena, only_if));
	else if (reasons->allowed)
		put(page, "allowed by\n");
	if (reasons->allowed) {
		put_allowing(page, reasons);
		return;
	}
	put(page, "DENIED, %s and no rule lets this %s\n",
	    text_counted(page->arena, reasons->policy_count, "policy isolates it",
			 "policies isolate it"),
	    direction == EGRESS ? "out" : "in");
	put_misses(page, reasons);
	put_without_rules(page, reasons, direction);
}

/* Writes the rule of a tier that decides, and everything about it. */
static void put_decider(struct answer_page *page, const struct tier_reasons *tier)
{
	const struct tier_reason *rule = tier->decides;

	put(page, "%s, at %s\n", tier_rule_text(page->arena, rule),
	    line_of(page, &rule->rule->mark));
	put_yaml(page, tier_rule_yaml(page->arena, page->world, rule, ""), 6);
	if (rule->rule->is_closed)
		put(page, "    a part of the rule is not enforced or not known: it denies "
			  "everything\n");
	if (tier->tied)
		put(page, "    priority %u is also that of %s (%s): by name, %s is asked first\n",
		    rule->policy->priority, tier->tied->name, line_of(page, &tier->tied->mark),
		    rule->policy < tier->tied ? rule->policy->name : tier->tied->name);
}

static void put_near(struct answer_page *page, const struct tier_reasons *tier)
{
	for (size_t i = 0; i < tier->near_count; i++) {
		const struct tier_reason *near = &tier->near[i];

		put(page, "    near%s: %s, at %s\n      %s\n", tier->decides ? ", before it" : "",
		    tier_rule_text(page->arena, near), line_of(page, &near->rule->mark), near->why);
	}
}

static void put_tier(struct answer_page *page, const struct reasons *reasons, enum tier number)
{
	const struct tier_reasons *tier = &reasons->tiers[number];

	if (!tier->policy_count)
		return;
	put(page, "  %s: ", tier_text(number));
	if (!tier->is_asked) {
		put(page, "not asked, %s\n",
		    reasons->tiers[TIER_ADMIN].action != ACTION_PASS
			    ? "Admin has decided"
			    : "a NetworkPolicy isolates it");
		return;
	}
	if (tier->decides)
		put_decider(page, tier);
	else
		put(page, "no rule of %s matches\n",
		    text_counted(page->arena, tier->policy_count, "policy", "policies"));
	put_near(page, tier);
}

static void put_policies(struct answer_page *page, const struct answer *answer,
			 enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];

	if (reasons->to_itself)
		put(page, "allowed, a pod may always reach itself\n");
	else if (!reasons->policy_count)
		put(page, "allowed, no policy isolates it for %s: it is open\n",
		    direction_text(direction));
	else
		put_isolated(page, answer, direction);
}

/* Writes Admin, the NetworkPolicies and Baseline, each if it is asked. */
static void put_tiers(struct answer_page *page, const struct answer *answer,
		      enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const struct condition *only_if = answer->sides[direction];

	put(page, "%s%s\n", reasons->allowed ? "allowed" : "DENIED",
	    only_if ? arena_printf(page->arena, " %s", condition_text(page->arena, only_if)) : "");
	put_tier(page, reasons, TIER_ADMIN);
	put(page, "  NetworkPolicy: ");
	if (reasons->tiers[TIER_ADMIN].action != ACTION_PASS)
		put(page, "not asked, Admin has decided\n");
	else if (reasons->policy_count)
		put_policies(page, answer, direction);
	else
		put(page, "none isolates it for %s\n", direction_text(direction));
	put_tier(page, reasons, TIER_BASELINE);
}

/* Names the policies that isolate the pod, but do not bind between it and its own node. */
static void put_not_binding(struct answer_page *page, const struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->policy_count; i++)
		put(page, "%s%s/%s (%s)", i ? ", " : "  isolated by ",
		    reasons->policies[i]->namespace, reasons->policies[i]->name,
		    line_of(page, &reasons->policies[i]->mark));
	if (reasons->policy_count)
		put(page, ": this does not bind there\n");
}

/* Writes what binds between a pod and its own node: nothing but cluster policies, and only where the pod sends. */
static void put_own_node(struct answer_page *page, const struct answer *answer,
			 enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const char *node = text_plain(page->arena, answer_own_node(page->world, answer));

	if (direction == INGRESS) {
		put(page,
		    "allowed, from its own node %s: no policy stops what a node sends to its "
		    "pods\n",
		    node);
		return;
	}
	put(page, "%s, to its own node %s: ", reasons->allowed ? "allowed" : "DENIED", node);
	if (reasons->is_closed) {
		put(page,
		    "it shares its address with pods under other policies, and\n  cluster policies "
		    "are among these that may deny it its own node\n");
		return;
	}
	put(page, "NetworkPolicies do not bind there\n");
	if (reasons_have_tiers(reasons))
		put_tier(page, reasons, TIER_ADMIN);
	put_not_binding(page, reasons);
	if (reasons_have_tiers(reasons))
		put_tier(page, reasons, TIER_BASELINE);
}

/* Writes what decides about a packet on the wire. */
static void put_verdict(struct answer_page *page, const struct answer *answer,
			enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];

	if (reasons->course != COURSE_FORWARDED)
		put_own_node(page, answer, direction);
	else if (reasons->is_closed)
		put(page, "DENIED, it shares its address with pods under other policies, and "
			  "cluster policies are among these\n");
	else if (reasons->is_peer_mixed)
		put(page, "DENIED, pods that cluster policies tell apart share the address of the "
			  "other end\n");
	else if (reasons->is_narrowed)
		put(page,
		    "DENIED, the policies of each pod that has the address allow it, but by a "
		    "port's name and by\n  a number: what these have in common is not allowed\n");
	else if (reasons_have_tiers(reasons))
		put_tiers(page, answer, direction);
	else
		put_policies(page, answer, direction);
}

/*
 * Writes about a pod and itself: it reaches its own address without meeting the ruleset, but what a
 * Service leads back to it meets the tiers.
 */
static void put_itself(struct answer_page *page, const struct answer *answer,
		       enum direction direction)
{
	put(page, "allowed, a pod may always reach itself\n");
	if (answer->reasons[direction].allowed)
		return;
	put(page, "  but what a Service leads back to it is ");
	put_verdict(page, answer, direction);
}

/* Writes what audited policies would say, if that is something else. */
static void put_audit(struct answer_page *page, const struct reasons *reasons,
		      enum direction direction)
{
	const struct reasons *audit = reasons->audit;

	if (!audit || audit->allowed)
		return;
	put(page, "  audited: it would be denied, %s and no rule lets this %s\n",
	    text_counted(page->arena, audit->policy_count, "audited policy isolates it",
			 "audited policies isolate it"),
	    direction == EGRESS ? "out" : "in");
	put_misses(page, audit);
	put_without_rules(page, audit, direction);
}

static void put_direction(struct answer_page *page, const struct answer *answer,
			  enum direction direction)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const struct place *place = direction == EGRESS ? answer->from : answer->to;

	put(page, "\n%s of %s: ", direction_text(direction), place->text);
	if (place->party->kind == PARTY_OUTSIDE)
		put(page, "allowed, to policies it is no pod and none isolates it\n");
	else if (reasons->to_itself && !answer->by_service)
		put_itself(page, answer, direction);
	else
		put_verdict(page, answer, direction);
	put_audit(page, reasons, direction);
}

/* Writes "labels app=db,tier=back" or "no labels". */
static const char *labels_text(const struct answer_page *page, const struct place *place)
{
	size_t count;
	const struct label_text *labels = place_labels(page->arena, page->world, place, &count);
	struct string text = {0};

	if (place->party->kind == PARTY_OUTSIDE)
		return "an address of no pod";
	for (size_t i = 0; i < count; i++)
		arena_append(page->arena, &text, "%s%s=%s", i ? "," : "labels ", labels[i].key,
			     labels[i].value);
	return count ? text.text : "no labels";
}

static const char *name_of(const struct answer_page *page, const struct place *place, size_t alike)
{
	return alike == 1
		       ? place->text
		       : arena_printf(page->arena, "%s and %zu more alike", place->text, alike - 1);
}

/* What is said of one of pods that share an address is said of all of them. */
static void put_sharers(struct answer_page *page, const struct place *place)
{
	size_t count;
	const char *const *names = place_sharers(page->arena, page->world, place, &count);
	const struct pod *pod = count ? &page->world->objects->pods[place->party->pod] : NULL;

	for (size_t i = 0; i < count; i++)
		put(page, "%s%s", i ? ", " : "        shares its address with ", names[i]);
	if (count)
		put(page, "%s\n",
		    pod->is_joint && !pod->is_closed
			    ? ": what the policies of each of them allow gets through"
			    : "");
}

static void put_ends(struct answer_page *page, const struct answer *answer, const char *port)
{
	const char *from = name_of(page, answer->from, answer->from_alike);
	const char *to = name_of(page, answer->to, answer->to_alike);
	const char *own_port = answer_port(page->arena, answer);
	const size_t a = strlen(from), b = strlen(to);
	const int width = (int)(a > b ? a : b);
	bool both = true;

	put(page, "  from  %-*s  %s\n", width, from, labels_text(page, answer->from));
	put_sharers(page, answer->from);
	put(page, "  to    %-*s  %s\n", width, to, labels_text(page, answer->to));
	put_sharers(page, answer->to);
	if (strcmp(port, own_port) != 0)
		put(page, "  port  %s\n", own_port);
	for (enum family family = V4; family < FAMILIES; family++)
		both &= places_meet(answer->from, answer->to, family);
	if (both && answer->families[V4] != answer->families[V6])
		put(page, "  over  %s\n", family_text(answer->families[V4] ? V4 : V6));
}

static void put_answer(struct answer_page *page, const struct explanation *explanation,
		       size_t number)
{
	const struct answer *answer = &explanation->answers[number];

	if (explanation->count > 1)
		put(page, "\n%zu of %zu: %s%s\n", number + 1, explanation->count,
		    verdict_word(answer->allowed, answer->only_if),
		    allowed_if(page, answer->only_if));
	put_ends(page, answer, explanation->port);
	put_direction(page, answer, EGRESS);
	put_direction(page, answer, INGRESS);
}

const char *answer_why(struct arena *arena, const struct world *world, const struct answer *answer,
		       enum direction direction)
{
	struct answer_page page = {.arena = arena, .world = world};

	put_direction(&page, answer, direction);
	return page.text.text;
}

const char *explanation_text(struct arena *arena, const struct world *world,
			     const struct explanation *explanation)
{
	struct answer_page page = {.arena = arena, .world = world};

	put(&page, "%s  %s -> %s  %s%s\n", verdict_word(explanation->allowed, explanation->depends),
	    explanation->from, explanation->to, explanation->port,
	    explanation->differs      ? "  (in part: the answers below differ)"
	    : explanation->count == 1 ? allowed_if(&page, explanation->answers[0].only_if)
				      : "");
	for (size_t i = 0; i < explanation->notes.count; i++)
		put(&page, "  note  %s\n", explanation->notes.items[i]);
	for (size_t i = 0; i < explanation->count && i < ANSWERS_SHOWN; i++)
		put_answer(&page, explanation, i);
	if (explanation->count > ANSWERS_SHOWN)
		put(&page, "\n%s not shown; --format json has all\n",
		    text_counted(arena, explanation->count - ANSWERS_SHOWN, "answer", "answers"));
	return page.text.text;
}
