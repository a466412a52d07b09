/* Copies each of our structures into the public structure for it. */
#include "face/explanation.h"

#include "ask/world/unknown_address.h"
#include "ask/reach/decided.h"
#include "ask/explain/answer.h"
#include "base/arena.h"

static const struct np2nft_rule *rule_of(struct arena *arena, const struct world *world,
					 const struct rule_reason *reason)
{
	struct np2nft_rule *rule = arena_alloc(arena, sizeof(*rule));

	*rule = (struct np2nft_rule){
		.file = reason->rule->mark.file,
		.line = reason->rule->mark.line,
		.allows = reason->miss == MISS_NOTHING,
		.misses_port = reason->miss == MISS_PORT || reason->miss == MISS_BOTH,
		.misses_peer = reason->miss == MISS_PEER || reason->miss == MISS_BOTH,
		.why = reason->why,
		.yaml = rule_yaml(arena, world, reason, ""),
	};
	return rule;
}

static const struct np2nft_policy *policy_of(struct arena *arena, const struct world *world,
					     const struct reasons *reasons,
					     const struct policy *policy)
{
	struct np2nft_policy *told = arena_alloc(arena, sizeof(*told));
	const struct np2nft_rule **rules = NULL;

	*told = (struct np2nft_policy){
		.in_namespace = policy->namespace,
		.name = policy->name,
		.file = policy->mark.file,
		.line = policy->mark.line,
	};
	for (size_t i = 0; i < reasons->rule_count; i++)
		if (reasons->rules[i].policy == policy)
			arena_push(arena, rules, told->rule_count,
				   rule_of(arena, world, &reasons->rules[i]));
	told->rules = rules;
	return told;
}

static const struct np2nft_tier_rule *tier_rule_of(struct arena *arena, const struct world *world,
						   const struct tier_reason *reason)
{
	struct np2nft_tier_rule *rule = arena_alloc(arena, sizeof(*rule));

	*rule = (struct np2nft_tier_rule){
		.policy = reason->policy->name,
		.file = reason->rule->mark.file,
		.line = reason->rule->mark.line,
		.priority = reason->policy->priority,
		.number = reason->number,
		.name = reason->rule->name,
		.action = action_text(reason->rule->action),
		.closed = reason->rule->is_closed,
		.why = reason->why,
		.yaml = tier_rule_yaml(arena, world, reason, ""),
	};
	return rule;
}

static const struct np2nft_tier *tier_of(struct arena *arena, const struct world *world,
					 enum tier tier, const struct tier_reasons *reasons)
{
	struct np2nft_tier *told = arena_alloc(arena, sizeof(*told));
	const struct np2nft_tier_rule **near_rules = NULL;

	*told = (struct np2nft_tier){.name = tier_text(tier), .asked = reasons->is_asked};
	if (!reasons->is_asked)
		return told;
	told->says = action_text(reasons->action);
	if (reasons->decides)
		told->decided_by = tier_rule_of(arena, world, reasons->decides);
	if (reasons->tied)
		told->tied_with = reasons->tied->name;
	for (size_t i = 0; i < reasons->near_count; i++)
		arena_push(arena, near_rules, told->near_count,
			   tier_rule_of(arena, world, &reasons->near[i]));
	told->near_rules = near_rules;
	return told;
}

static void add_tiers(struct arena *arena, const struct world *world, const struct reasons *reasons,
		      struct np2nft_side *side)
{
	const struct np2nft_tier **tiers = NULL;

	for (enum tier tier = TIER_ADMIN; tier < TIERS; tier++)
		if (reasons->tiers[tier].policy_count)
			arena_push(arena, tiers, side->tier_count,
				   tier_of(arena, world, tier, &reasons->tiers[tier]));
	side->tiers = tiers;
}

static const struct np2nft_side *side_of(struct arena *arena, const struct world *world,
					 const struct reasons *reasons)
{
	struct np2nft_side *side = arena_alloc(arena, sizeof(*side));
	const struct np2nft_policy **policies =
		arena_array(arena, reasons->policy_count, sizeof(*policies));

	for (size_t i = 0; i < reasons->policy_count; i++)
		policies[i] = policy_of(arena, world, reasons, reasons->policies[i]);
	*side = (struct np2nft_side){
		.allowed = reasons->allowed,
		.isolated = reasons->policy_count > 0,
		.to_itself = reasons->to_itself,
		.policy_count = reasons->policy_count,
		.policies = policies,
		.decided_by = decider_text(reasons_decider(reasons)),
	};
	add_tiers(arena, world, reasons, side);
	return side;
}

static const struct np2nft_answer *answer_of(struct arena *arena, const struct world *world,
					     const struct answer *answer)
{
	struct np2nft_answer *told = arena_alloc(arena, sizeof(*told));

	*told = (struct np2nft_answer){
		.allowed = answer->allowed,
		.only_if = answer->only_if ? condition_text(arena, answer->only_if) : NULL,
		.from = answer->from->text,
		.to = answer->to->text,
		.port = answer_port(arena, answer),
		.from_alike = answer->from_alike,
		.to_alike = answer->to_alike,
		.ipv4 = answer->families[V4],
		.ipv6 = answer->families[V6],
		.own_node = answer_own_node(world, answer),
		.egress = side_of(arena, world, &answer->reasons[EGRESS]),
		.ingress = side_of(arena, world, &answer->reasons[INGRESS]),
	};
	return told;
}

const struct np2nft_explanation *explanation_as_data(struct arena *arena, const struct world *world,
						     const struct explanation *explanation)
{
	struct np2nft_explanation *told = arena_alloc(arena, sizeof(*told));
	const struct np2nft_answer **answers =
		arena_array(arena, explanation->count, sizeof(*answers));

	for (size_t i = 0; i < explanation->count; i++)
		answers[i] = answer_of(arena, world, &explanation->answers[i]);
	*told = (struct np2nft_explanation){explanation->allowed, explanation->count, answers};
	return told;
}
