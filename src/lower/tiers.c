/*
 * Turns the plan of a tier (lower/ordered.h) into chains: a rule for each thing that is asked, and
 * the maps that lead to the chain of each target.
 */
#include "lower/tiers.h"

#include "base/arena.h"
#include "lower/blocks.h"
#include "lower/names.h"
#include "lower/ordered.h"
#include "lower/ports.h"

#include <string.h>

/* The chains of a tier of one group. */
struct tier_chains {
	struct lowering *lowering;
	const struct group *group;
	const struct tier_plan *plan;
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

/* The plan of a tier, which is made for the first group that has these cluster policies. */
static const struct tier_plan *find_plan(struct lowering *lowering, const struct group *group,
					 enum tier tier)
{
	size_t len;
	const void *key = tier_key(lowering->scratch, group, tier, &len);
	bool added;
	const uint32_t number = table_add(&lowering->tier_keys, key, len, &added);

	if (added)
		arena_push(lowering->arena, lowering->tier_plans, lowering->tier_plan_count,
			   plan_tier(lowering->arena, lowering->resolved, group, tier,
				     &lowering->unions));
	return lowering->tier_plans[number];
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

static void add_rule(const struct tier_chains *of, struct chain *chain, const struct ask *ask,
		     struct rule rule, enum family family)
{
	/* Another group may have made the set for the other direction, so the field is set here. */
	rule.fields[0] = lower_other_end(of->group->direction, family);
	rule.verdict = verdict_of(of, ask->action);
	if (ask->action != ACTION_PASS)
		rule.decider = (unsigned char)of->decider;
	rule.comment = ask->comment;
	build_rule(of->lowering, chain, rule);
}

static void add_lookup(const struct tier_chains *of, struct chain *chain, const struct ask *ask,
		       uint32_t set, enum family family)
{
	build_mark_ordered(of->lowering, set);
	add_rule(of, chain, ask, build_lookup(of->lowering, set), family);
}

/* Adds rules for each set of a union, and for each of its blocks that is compared. */
static size_t add_union(const struct tier_chains *of, struct chain *chain, const struct ask *ask)
{
	const struct union_sets *sets =
		build_union(of->lowering, ask->number, of->group->direction);
	size_t lookups[FAMILIES] = {0};

	for (size_t i = 0; i < UNION_KINDS * FAMILIES; i++) {
		const enum family family = i % FAMILIES;
		const uint32_t set = sets->sets[i / FAMILIES][family];

		if (set == TABLE_NONE)
			continue;
		add_lookup(of, chain, ask, set, family);
		lookups[family]++;
	}
	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t i = 0; i < sets->compared[family].count; i++)
			add_rule(of, chain, ask,
				 build_comparison(of->lowering,
						  sets->compared[family].definitions[i]),
				 family);
	return lookups[V4] > lookups[V6] ? lookups[V4] : lookups[V6];
}

/* Makes a set of ranges that belong to no definition. */
static struct set range_set(struct arena *arena, const struct ask *ask, enum family family,
			    enum field field)
{
	struct set set = {
		.name = arena_join(arena, ask->name, family == V4 ? ".v4" : ".v6", NULL),
		.comment = ask->words,
		.fields = {field},
		.field_count = 1,
	};

	blocks_fill_ranges(arena, ask->ranges[family], ask->range_count[family], family, &set);
	return set;
}

/* The number of the set of ranges, which another group may have made. */
static uint32_t find_range_set(const struct tier_chains *of, const struct ask *ask,
			       enum family family)
{
	struct lowering *lowering = of->lowering;
	const char *key =
		arena_printf(lowering->scratch, "%p %d", (const void *)ask->ranges[family], family);
	bool added;
	const uint32_t number = table_add(&lowering->first_keys, key, strlen(key), &added);

	if (added)
		arena_push(lowering->arena, lowering->first_sets, lowering->first_set_count,
			   build_set(lowering,
				     range_set(lowering->arena, ask, family,
					       lower_other_end(of->group->direction, family))));
	return lowering->first_sets[number];
}

static size_t add_ask(const struct tier_chains *of, struct chain *chain, const struct ask *ask)
{
	if (ask->kind == ASK_UNION)
		return add_union(of, chain, ask);
	for (enum family family = V4; family < FAMILIES; family++) {
		uint32_t set;

		if (ask->kind == ASK_RANGES && !ask->range_count[family])
			continue;
		set = ask->kind == ASK_RANGES
			      ? find_range_set(of, ask, family)
			      : build_first(of->lowering, ask->first, family, of->group->direction);
		add_lookup(of, chain, ask, set, family);
	}
	return 1;
}

static size_t add_asks(const struct tier_chains *of, struct chain *chain, const struct asks *asks)
{
	size_t lookups = 0;

	for (size_t i = 0; i < asks->count; i++)
		lookups += add_ask(of, chain, &asks->items[i]);
	return lookups;
}

/* The verdict about packets about which nothing was decided. */
static struct verdict end_of(const struct tier_chains *of)
{
	return of->plan->is_closed ? (struct verdict){VERDICT_GOTO, of->deny} : of->next;
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
	size_t most = 0;

	for (size_t i = 0; i < of->plan->ports.target_count; i++) {
		const struct tier_target *target = &of->plan->targets[i];
		struct chain chain = {.name = names[i]};
		const size_t lookups = add_asks(of, &chain, &target->asks);

		most = lookups > most ? lookups : most;
		finish_chain(of, chain, target->is_whole || !of->any ? end_of(of) : any);
	}
	return most;
}

/* Adds rules that send packets on by port; packets in no cell go on in the chain itself. */
static size_t add_ports(const struct tier_chains *of, struct chain *chain)
{
	struct lowering *lowering = of->lowering;
	const struct plan *plan = &of->plan->ports;
	const char **names = arena_array(lowering->scratch, plan->target_count, sizeof(*names));
	struct verdict *verdicts =
		arena_array(lowering->scratch, plan->target_count, sizeof(*verdicts));

	name_targets(lowering->arena, lowering->scratch, of->name, plan, names);
	for (size_t i = 0; i < plan->target_count; i++)
		verdicts[i] = (struct verdict){VERDICT_GOTO, names[i]};
	return add_targets(of, names) + lower_ports(lowering, chain, plan, verdicts);
}

static bool denies(const struct asks *asks)
{
	for (size_t i = 0; i < asks->count; i++)
		if (asks->items[i].action == ACTION_DENY)
			return true;
	return false;
}

static bool denies_any(const struct tier_plan *plan)
{
	bool any = plan->is_closed || denies(&plan->named) || denies(&plan->every);

	for (size_t i = 0; i < plan->ports.target_count; i++)
		any |= denies(&plan->targets[i].asks);
	return any;
}

size_t lower_tier(struct lowering *lowering, const struct group *group, enum tier tier,
		  struct chain *chain, const char *name, struct verdict next)
{
	struct tier_chains of = {
		.lowering = lowering,
		.group = group,
		.plan = find_plan(lowering, group, tier),
		.decider = tier == TIER_ADMIN ? DECIDER_ADMIN : DECIDER_BASELINE,
		.name = name,
		.deny = arena_join(lowering->arena, name, CHAIN_DENY, NULL),
		.next = next,
	};
	size_t lookups = add_asks(&of, chain, &of.plan->named);

	if (denies_any(of.plan))
		build_tier_deny_chain(lowering, of.deny, of.decider);
	if (of.plan->ports.cell_count && of.plan->every.count)
		of.any = arena_join(lowering->arena, name, CHAIN_ANY_PORT, NULL);
	if (of.plan->ports.cell_count)
		lookups += add_ports(&of, chain);
	if (of.any) {
		finish_chain(&of, *chain, (struct verdict){VERDICT_GOTO, of.any});
		*chain = (struct chain){.name = of.any};
	}
	lookups += add_asks(&of, chain, &of.plan->every);
	finish_chain(&of, *chain, end_of(&of));
	return lookups;
}

void lower_mixed(struct lowering *lowering, const struct group *group, struct chain *chain,
		 const char *name)
{
	const char *deny = arena_join(lowering->arena, name, "/Mixed" CHAIN_DENY, NULL);
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
