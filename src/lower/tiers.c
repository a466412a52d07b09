/*
 * Turns the plan of a tier (lower/tier_order.h) into chains: a rule for each thing that is asked, and
 * the maps that lead to the chain of each target.
 */
#include "lower/tiers.h"

#include "base/arena.h"
#include "lower/blocks.h"
#include "lower/names.h"
#include "lower/tier_order.h"
#include "lower/ports.h"

#include <string.h>

/* A rule without its verdict, which differs from group to group. */
struct draft {
	struct rule rule;
	enum action action;
};

/* The rules of a chain, and how many sets a packet can meet there. */
struct drafts {
	struct draft *items;
	size_t count, lookups;
};

/* What is the same for all groups for which a tier asks the same. */
struct tier_drafts {
	const struct tier_plan *plan;
	struct drafts named, every;
	struct drafts *targets;
	const char **target_names; /* what follows the name of the tier's own chain */
	bool any_denies;
	const char
		*chain; /* ingress: the chain to which all these groups jump; NULL: not made yet */
	size_t lookups; /* how many sets a packet can meet there */
};

/* The chains of a tier of one group. */
struct tier_chains {
	struct lowering *lowering;
	const struct group *group;
	const struct tier_drafts *drafts;
	enum decider decider;
	const char *name, *deny,
		/*
		 * names of chains; @any is NULL if there is no separate chain for what is asked of
		 * every packet
		 */
		*any;
	struct verdict next;
};

/* Makes a key that is the same only for groups of which a tier asks the same. */
static const void *tier_key(struct arena *arena, const struct group *group, enum tier tier,
			    size_t *len)
{
	struct string key = {0};

	arena_append(arena, &key, "%d %d", group->direction, tier);
	for (size_t i = 0; i < group->tier_count[tier]; i++)
		arena_append(arena, &key, " %u", group->tiers[tier][i]);
	for (size_t i = 0; i < group->number_count; i++)
		arena_append(arena, &key, " %s/%d/%u", group->numbers[i].name,
			     group->numbers[i].protocol, group->numbers[i].number);
	*len = key.len;
	return key.text;
}

/* What rules are drafted of, and where they go. */
struct drafting {
	struct lowering *lowering;
	enum direction direction;
	const struct ask *ask;
	struct drafts *to;
};

static void draft_rule(const struct drafting *of, struct rule rule, enum family family)
{
	struct draft draft = {rule, of->ask->action};

	/* Another group may have made the set for the other direction, so the field is set here. */
	draft.rule.fields[0] = lower_other_end(of->direction, family);
	draft.rule.comment = of->ask->comment;
	arena_push(of->lowering->arena, of->to->items, of->to->count, draft);
}

static void draft_lookup(const struct drafting *of, uint32_t set, enum family family)
{
	build_mark_ordered(of->lowering, set);
	draft_rule(of, build_lookup(of->lowering, set), family);
}

/* Drafts rules for each set of a union, and for each of its blocks that is compared. */
static size_t draft_union(const struct drafting *of)
{
	const struct union_sets *sets = build_union(of->lowering, of->ask->number, of->direction);
	size_t lookups[FAMILIES] = {0};

	for (size_t i = 0; i < UNION_KINDS * FAMILIES; i++) {
		const enum family family = i % FAMILIES;
		const uint32_t set = sets->sets[i / FAMILIES][family];

		if (set == TABLE_NONE)
			continue;
		draft_lookup(of, set, family);
		lookups[family]++;
	}
	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t i = 0; i < sets->compared[family].count; i++)
			draft_rule(of,
				   build_comparison(of->lowering,
						    sets->compared[family].definitions[i]),
				   family);
	return lookups[V4] > lookups[V6] ? lookups[V4] : lookups[V6];
}

static size_t draft_ask(const struct drafting *of)
{
	const struct ask *ask = of->ask;

	if (ask->kind == ASK_UNION)
		return draft_union(of);
	for (enum family family = V4; family < FAMILIES; family++) {
		if (ask->kind == ASK_FIRST)
			draft_lookup(of,
				     build_first(of->lowering, ask->first, family, of->direction),
				     family);
		else if (ask->range_count[family])
			draft_lookup(of, build_ranges(of->lowering, ask, family, of->direction),
				     family);
	}
	return 1;
}

static struct drafts draft_asks(struct lowering *lowering, enum direction direction,
				const struct asks *asks)
{
	struct drafts drafts = {0};
	struct drafting of = {.lowering = lowering, .direction = direction, .to = &drafts};

	for (size_t i = 0; i < asks->count; i++) {
		of.ask = &asks->items[i];
		drafts.lookups += draft_ask(&of);
	}
	return drafts;
}

static bool denies(const struct asks *asks)
{
	for (size_t i = 0; i < asks->count; i++)
		if (asks->items[i].action == ACTION_DENY)
			return true;
	return false;
}

static bool any_denies(const struct tier_plan *plan)
{
	bool any = plan->is_closed || denies(&plan->named) || denies(&plan->every);

	for (size_t i = 0; i < plan->ports.target_count; i++)
		any |= denies(&plan->targets[i].asks);
	return any;
}

static struct tier_drafts *draft_tier(struct lowering *lowering, const struct group *group,
				      enum tier tier)
{
	const struct tier_plan *plan =
		plan_tier(lowering->arena, lowering->resolved, group, tier, &lowering->unions);
	const size_t targets = plan->ports.target_count;
	struct tier_drafts *made = arena_alloc(lowering->arena, sizeof(*made));

	made->plan = plan;
	made->any_denies = any_denies(plan);
	made->named = draft_asks(lowering, group->direction, &plan->named);
	made->every = draft_asks(lowering, group->direction, &plan->every);
	made->targets = arena_array(lowering->arena, targets, sizeof(*made->targets));
	for (size_t i = 0; i < targets; i++)
		made->targets[i] = draft_asks(lowering, group->direction, &plan->targets[i].asks);
	made->target_names = arena_array(lowering->arena, targets, sizeof(*made->target_names));
	name_targets(lowering->arena, lowering->scratch, "", &plan->ports, made->target_names);
	return made;
}

/* What a tier asks, which is drafted for the first group that has these cluster policies. */
static struct tier_drafts *find_drafts(struct lowering *lowering, const struct group *group,
				       enum tier tier)
{
	size_t len;
	const void *key = tier_key(lowering->scratch, group, tier, &len);
	bool added;
	const uint32_t number = table_add(&lowering->tier_keys, key, len, &added);

	if (added)
		arena_push(lowering->arena, lowering->tiers, lowering->tier_count,
			   draft_tier(lowering, group, tier));
	return lowering->tiers[number];
}

static struct verdict verdict_of(const struct tier_chains *of, enum action action)
{
	switch (action) {
	case ACTION_ACCEPT:
		return lower_yes(of->group->direction);
	case ACTION_DENY:
		return (struct verdict){VERDICT_GOTO, of->deny};
	case ACTION_PASS:
		break;
	}
	return of->next;
}

static size_t add_drafts(const struct tier_chains *of, struct chain *chain,
			 const struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->count; i++) {
		struct rule rule = drafts->items[i].rule;

		rule.verdict = verdict_of(of, drafts->items[i].action);
		if (drafts->items[i].action != ACTION_PASS)
			rule.decider = (unsigned char)of->decider;
		build_rule(of->lowering, chain, rule);
	}
	return drafts->lookups;
}

/* The verdict about packets about which nothing was decided. */
static struct verdict end_of(const struct tier_chains *of)
{
	return of->drafts->plan->is_closed ? (struct verdict){VERDICT_GOTO, of->deny} : of->next;
}

static void finish_chain(const struct tier_chains *of, struct chain chain, struct verdict end)
{
	build_verdict(of->lowering, &chain, end.kind, end.chain);
	build_chain(of->lowering, chain);
}

/*
 * Adds the chain of each target; returns the most look-ups in one of them, without those of the
 * chain `any`.
 */
static size_t add_targets(const struct tier_chains *of, const char **names)
{
	const struct verdict any = {VERDICT_GOTO, of->any};
	const struct tier_plan *plan = of->drafts->plan;
	size_t most = 0;

	for (size_t i = 0; i < plan->ports.target_count; i++) {
		struct chain chain = {.name = names[i]};
		const size_t lookups = add_drafts(of, &chain, &of->drafts->targets[i]);

		most = lookups > most ? lookups : most;
		finish_chain(of, chain, plan->targets[i].is_whole || !of->any ? end_of(of) : any);
	}
	return most;
}

/* Adds rules that send packets on by port; packets in no cell go on in the chain itself. */
static size_t add_ports(const struct tier_chains *of, struct chain *chain)
{
	struct lowering *lowering = of->lowering;
	const struct plan *plan = &of->drafts->plan->ports;
	const char **names = arena_array(lowering->scratch, plan->target_count, sizeof(*names));
	struct verdict *verdicts =
		arena_array(lowering->scratch, plan->target_count, sizeof(*verdicts));

	for (size_t i = 0; i < plan->target_count; i++) {
		names[i] = arena_join(lowering->arena, of->name, of->drafts->target_names[i], NULL);
		verdicts[i] = (struct verdict){VERDICT_GOTO, names[i]};
	}
	return add_targets(of, names) + lower_ports(lowering, chain, plan, verdicts);
}

size_t lower_tier(struct lowering *lowering, const struct group *group, enum tier tier,
		  struct chain *chain, const char *name, struct verdict next)
{
	struct tier_chains of = {
		.lowering = lowering,
		.group = group,
		.drafts = find_drafts(lowering, group, tier),
		.decider = tier == TIER_ADMIN ? DECIDER_ADMIN : DECIDER_BASELINE,
		.name = name,
		.deny = arena_join(lowering->arena, name, CHAIN_DENY, NULL),
		.next = next,
	};
	const bool has_cells = of.drafts->plan->ports.cell_count > 0;
	size_t lookups = add_drafts(&of, chain, &of.drafts->named);

	if (of.drafts->any_denies)
		build_tier_deny_chain(lowering, of.deny, of.decider);
	if (has_cells && of.drafts->plan->every.count)
		of.any = arena_join(lowering->arena, name, CHAIN_ANY_PORT, NULL);
	if (has_cells)
		lookups += add_ports(&of, chain);
	if (of.any) {
		finish_chain(&of, *chain, (struct verdict){VERDICT_GOTO, of.any});
		*chain = (struct chain){.name = of.any};
	}
	lookups += add_drafts(&of, chain, &of.drafts->every);
	finish_chain(&of, *chain, end_of(&of));
	return lookups;
}

/*
 * Makes the chain to which groups jump.  The packets that the tier does not decide return from it.
 */
static void make_shared(struct lowering *lowering, struct tier_drafts *drafts,
			const struct group *group, enum tier tier)
{
	struct group *alone = arena_alloc(lowering->arena, sizeof(*alone));
	const struct group *of = lowering->group;
	struct chain chain = {0};
	bool cut;

	*alone = *group;
	alone->policy_count = 0;
	alone->is_audited = false;
	alone->tier_count[tier == TIER_ADMIN ? TIER_BASELINE : TIER_ADMIN] = 0;
	chain.name = arena_join(lowering->arena,
				name_group(lowering->arena, lowering->resolved, alone, &cut),
				tier == TIER_ADMIN ? CHAIN_ADMIN : CHAIN_BASELINE, NULL);
	chain.name = build_group_name(lowering, chain.name);
	chain.comment = comment_group(lowering->arena, lowering->resolved, alone);
	if (cut)
		build_group_legend(lowering, chain.name, alone);
	drafts->chain = chain.name;
	lowering->group = alone;
	drafts->lookups = lower_tier(lowering, group, tier, &chain, chain.name,
				     (struct verdict){VERDICT_RETURN, NULL});
	lowering->group = of;
}

size_t lower_shared_tier(struct lowering *lowering, const struct group *group, enum tier tier,
			 struct chain *chain)
{
	struct tier_drafts *drafts = find_drafts(lowering, group, tier);

	if (!drafts->chain)
		make_shared(lowering, drafts, group, tier);
	build_verdict(lowering, chain, VERDICT_JUMP, drafts->chain);
	return drafts->lookups;
}

void lower_mixed(struct lowering *lowering, const struct group *group, struct chain *chain,
		 const char *name)
{
	const char *deny = arena_join(lowering->arena, name, CHAIN_MIXED CHAIN_DENY, NULL);
	bool any = false;

	for (enum family family = V4; family < FAMILIES; family++) {
		struct rule rule;

		if (lowering->mixed_sets[family] == TABLE_NONE)
			continue;
		any = true;
		build_mark_ordered(lowering, lowering->mixed_sets[family]);
		rule = build_lookup(lowering, lowering->mixed_sets[family]);
		rule.fields[0] = lower_other_end(group->direction, family);
		rule.verdict = (struct verdict){VERDICT_GOTO, deny};
		build_rule(lowering, chain, rule);
	}
	if (any)
		build_tier_deny_chain(lowering, deny, DECIDER_SHARING);
}
