/* Writes an explanation as JSON, as docs/json.md describes it. */
#include "ask/explain/answer.h"

#include "base/json.h"

struct answer_json {
	struct json json;
	const struct world *world;
};

static void put_mark(struct answer_json *page, const struct mark *mark)
{
	json_put_text(&page->json, "file", mark->file);
	json_put_number(&page->json, "line", mark->line);
}

static void put_rule(struct answer_json *page, const struct rule_reason *rule)
{
	static const char *const misses[] = {[MISS_NOTHING] = NULL,
					     [MISS_PORT] = "port",
					     [MISS_PEER] = "peer",
					     [MISS_BOTH] = "port and peer"};

	json_open_object(&page->json, NULL);
	put_mark(page, &rule->rule->mark);
	json_put_bool(&page->json, "allows", rule->miss == MISS_NOTHING);
	json_put_text(&page->json, "misses_by", misses[rule->miss]);
	json_put_text(&page->json, "why", rule->why);
	json_put_text(&page->json, "yaml", rule_yaml(page->json.arena, page->world, rule, ""));
	json_close(&page->json);
}

static void put_policy(struct answer_json *page, const struct reasons *reasons,
		       const struct policy *policy)
{
	json_open_object(&page->json, NULL);
	json_put_text(&page->json, "namespace", policy->namespace);
	json_put_text(&page->json, "name", policy->name);
	put_mark(page, &policy->mark);
	json_open_array(&page->json, "rules");
	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].policy == policy)
			put_rule(page, &reasons->rules[i]);
	json_close(&page->json);
	json_close(&page->json);
}

static void put_tier_rule(struct answer_json *page, const char *name,
			  const struct tier_reason *reason)
{
	json_open_object(&page->json, name);
	json_put_text(&page->json, "policy", reason->policy->name);
	json_put_number(&page->json, "priority", reason->policy->priority);
	json_put_number(&page->json, "rule", reason->number);
	json_put_text(&page->json, "name", reason->rule->name);
	json_put_text(&page->json, "action", action_text(reason->rule->action));
	json_put_bool(&page->json, "closed", reason->rule->is_closed);
	put_mark(page, &reason->rule->mark);
	json_put_text(&page->json, "why", reason->why);
	json_put_text(&page->json, "yaml",
		      tier_rule_yaml(page->json.arena, page->world, reason, ""));
	json_close(&page->json);
}

static void put_tier(struct answer_json *page, const struct reasons *reasons, enum tier number)
{
	const struct tier_reasons *tier = &reasons->tiers[number];

	if (!tier->policy_count)
		return;
	json_open_object(&page->json, NULL);
	json_put_text(&page->json, "tier", tier_text(number));
	json_put_bool(&page->json, "asked", tier->is_asked);
	json_put_text(&page->json, "says", tier->is_asked ? action_text(tier->action) : NULL);
	if (tier->is_asked && tier->decides)
		put_tier_rule(page, "decided_by", tier->decides);
	if (tier->is_asked && tier->tied)
		json_put_text(&page->json, "tied_with", tier->tied->name);
	json_open_array(&page->json, "near");
	for (size_t i = 0; tier->is_asked && i < tier->near_count; i++)
		put_tier_rule(page, NULL, &tier->near[i]);
	json_close(&page->json);
	json_close(&page->json);
}

static void put_audit(struct answer_json *page, const struct reasons *audit)
{
	json_open_object(&page->json, "audit");
	json_put_bool(&page->json, "allowed", audit->allowed);
	json_open_array(&page->json, "policies");
	for (size_t i = 0; i < audit->policy_count; i++)
		put_policy(page, audit, audit->policies[i]);
	json_close(&page->json);
	json_close(&page->json);
}

static void put_direction(struct answer_json *page, const struct answer *answer,
			  enum direction direction, const char *name)
{
	const struct reasons *reasons = &answer->reasons[direction];
	const struct condition *only_if = answer->sides[direction];

	json_open_object(&page->json, name);
	json_put_bool(&page->json, "allowed",
		      (reasons->allowed && !only_if) ||
			      (reasons->to_itself && !answer->by_service));
	condition_put(&page->json, "allowed_if", only_if);
	json_put_bool(&page->json, "isolated", reasons->policy_count);
	json_put_bool(&page->json, "to_itself", reasons->to_itself);
	if (reasons->is_closed || reasons->is_peer_mixed || reasons->is_narrowed)
		json_put_bool(&page->json, "closed", true);
	json_open_array(&page->json, "policies");
	for (size_t i = 0; i < reasons->policy_count; i++)
		put_policy(page, reasons, reasons->policies[i]);
	json_close(&page->json);
	json_open_array(&page->json, "tiers");
	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++)
		put_tier(page, reasons, tier);
	json_close(&page->json);
	if (reasons->audit)
		put_audit(page, reasons->audit);
	json_close(&page->json);
}

static void put_place(struct answer_json *page, const char *name, const struct place *place,
		      size_t alike)
{
	size_t count;
	const struct label_text *labels =
		place_labels(page->json.arena, page->world, place, &count);
	const char *const *sharers;

	json_open_object(&page->json, name);
	json_put_text(&page->json, "name", place->text);
	json_put_number(&page->json, "alike", alike);
	json_put_bool(&page->json, "pod", place->party->kind != PARTY_OUTSIDE);
	json_open_object(&page->json, "labels");
	for (size_t i = 0; i < count; i++)
		json_put_text(&page->json, labels[i].key, labels[i].value);
	json_close(&page->json);
	sharers = place_sharers(page->json.arena, page->world, place, &count);
	if (count)
		json_open_array(&page->json, "shares_address_with");
	for (size_t i = 0; i < count; i++)
		json_put_text(&page->json, NULL, sharers[i]);
	if (count)
		json_close(&page->json);
	json_close(&page->json);
}

static void put_answer(struct answer_json *page, const struct answer *answer)
{
	json_open_object(&page->json, NULL);
	json_put_bool(&page->json, "allowed", answer->allowed && !answer->only_if);
	condition_put(&page->json, "allowed_if", answer->only_if);
	put_place(page, "from", answer->from, answer->from_alike);
	put_place(page, "to", answer->to, answer->to_alike);
	json_put_text(&page->json, "port", answer_port(page->json.arena, answer));
	if (answer->course != COURSE_FORWARDED)
		json_put_text(&page->json, "own_node", answer_own_node(page->world, answer));
	json_open_array(&page->json, "families");
	if (answer->families[V4])
		json_put_text(&page->json, NULL, family_text(V4));
	if (answer->families[V6])
		json_put_text(&page->json, NULL, family_text(V6));
	json_close(&page->json);
	put_direction(page, answer, EGRESS, "egress");
	put_direction(page, answer, INGRESS, "ingress");
	json_close(&page->json);
}

const char *explanation_json(struct arena *arena, const struct world *world,
			     const struct explanation *explanation)
{
	struct answer_json page = {.json.arena = arena, .world = world};

	json_open_object(&page.json, NULL);
	json_put_bool(&page.json, "allowed", explanation->allowed);
	json_put_text(&page.json, "from", explanation->from);
	json_put_text(&page.json, "to", explanation->to);
	json_put_text(&page.json, "port", explanation->port);
	json_open_array(&page.json, "notes");
	for (size_t i = 0; i < explanation->notes.count; i++)
		json_put_text(&page.json, NULL, explanation->notes.items[i]);
	json_close(&page.json);
	json_open_array(&page.json, "answers");
	for (size_t i = 0; i < explanation->count; i++)
		put_answer(&page, &explanation->answers[i]);
	json_close(&page.json);
	json_close(&page.json);
	return json_end(&page.json);
}
