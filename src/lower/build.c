/*
 * Chains, sets and legends are collected as they are made. A set is made once for the same definitions; at
 * the end all are sorted, and rules are led to where their sets stand.
 */
#include "lower/build.h"

#include "base/arena.h"
#include "base/bits.h"
#include "lower/blocks.h"
#include "lower/tier_order.h"
#include "lower/sets.h"
#include "ruleset/layout.h"

#include <stdlib.h>

static const enum definition_kind kinds[UNION_KINDS] = {DEFINITION_PODS, DEFINITION_NODES,
							DEFINITION_NAMED, DEFINITION_BLOCK};

struct verdict lower_yes(enum direction direction)
{
	return (struct verdict){direction == INGRESS ? VERDICT_ACCEPT : VERDICT_RETURN, NULL};
}

enum field lower_other_end(enum direction direction, enum family family)
{
	if (direction == INGRESS)
		return family == V4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR;
	return family == V4 ? FIELD_IP_DADDR : FIELD_IP6_DADDR;
}

void build_rule(struct lowering *lowering, struct chain *chain, struct rule rule)
{
	if (rule.decider == DECIDER_NOBODY)
		rule.decider = (unsigned char)lowering->decider;
	arena_push(lowering->scratch, chain->rules, chain->rule_count, rule);
}

void build_verdict(struct lowering *lowering, struct chain *chain, enum verdict_kind kind,
		   const char *to)
{
	build_rule(lowering, chain, (struct rule){.kind = RULE_ALWAYS, .verdict = {kind, to}});
}

void build_chain(struct lowering *lowering, struct chain chain)
{
	struct rule *rules = arena_array(lowering->arena, chain.rule_count, sizeof(*rules));

	if (chain.rule_count)
		memcpy(rules, chain.rules, chain.rule_count * sizeof(*rules));
	chain.rules = rules;
	chain.group = lowering->group;
	arena_push(lowering->arena, lowering->chains, lowering->chain_count, chain);
}

/* Adds rules that accept what no policy may deny. */
static void spare_always(struct lowering *lowering, struct chain *chain)
{
	build_verdict(lowering, chain, VERDICT_JUMP, CHAIN_ALWAYS);
}

/*
 * Adds a rule that accepts what a pod sends to itself, through a Service, which no NetworkPolicy
 * may deny.  Cluster policies of its ingress may, so if there are any, they are asked next.
 */
static void spare_self(struct lowering *lowering, struct chain *chain)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		struct rule rule = build_lookup(lowering, lowering->self_sets[family]);

		rule.verdict.kind = VERDICT_RETURN;
		build_rule(lowering, chain, rule);
	}
}

void build_drop_chain(struct lowering *lowering, const char *name)
{
	struct chain chain = {.name = name, .tally = TALLY_DENIED};

	spare_always(lowering, &chain);
	build_rule(lowering, &chain,
		   (struct rule){
			   .kind = RULE_ALWAYS, .counter = true, .verdict = {VERDICT_DROP, NULL}});
	build_chain(lowering, chain);
}

static const uint8_t solicit_and_advert[] = {135, 136};
const struct set neighbour_discovery = {.fields = {FIELD_ICMPV6_TYPE},
					.field_count = 1,
					.count = sizeof(solicit_and_advert),
					.keys = solicit_and_advert};

struct rule accept_from_neighbours(uint8_t hoplimit, const struct set *types)
{
	return (struct rule){.kind = RULE_LOOKUP,
			     .fields = {FIELD_ICMPV6_TYPE},
			     .field_count = 1,
			     .hoplimit = hoplimit,
			     .set = types,
			     .verdict = {VERDICT_ACCEPT, NULL}};
}

void build_tier_deny_chain(struct lowering *lowering, const char *name, enum decider decider)
{
	struct chain chain = {.name = name, .tally = TALLY_DENIED};

	build_rule(lowering, &chain, accept_from_neighbours(255, &neighbour_discovery));
	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_ALWAYS,
				 .counter = true,
				 .decider = (unsigned char)decider,
				 .verdict = {VERDICT_DROP, NULL}});
	build_chain(lowering, chain);
}

void build_audit_chain(struct lowering *lowering, const char *name, struct verdict next)
{
	struct chain chain = {.name = name, .tally = TALLY_AUDITED};
	struct rule neighbours = accept_from_neighbours(255, &neighbour_discovery);

	/* No policy stops these, so an audited one would not. */
	for (enum family family = V4; family < FAMILIES; family++) {
		struct rule rule = build_lookup(lowering, lowering->self_sets[family]);

		rule.verdict = next;
		build_rule(lowering, &chain, rule);
	}
	neighbours.verdict = next;
	build_rule(lowering, &chain, neighbours);
	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_ALWAYS, .counter = true, .verdict = next});
	build_chain(lowering, chain);
}

/*
 * A rule that answers TCP with a reset, because connect() over IPv6 does not take an ICMP error for
 * an answer.  It excludes packets from a bridge whose destination was translated: the kernel would
 * send the reset past the translation, so that the caller of a Service would not recognise its
 * sender.
 */
static struct rule reset_tcp(void)
{
	static const uint8_t tcp[] = {TCP};
	static const struct verdict reset[] = {{VERDICT_RESET, NULL}};
	static const struct set of_tcp = {.fields = {FIELD_L4PROTO},
					  .field_count = 1,
					  .count = 1,
					  .keys = tcp,
					  .verdicts = reset};

	return (struct rule){
		.kind = RULE_LOOKUP, .fields = {FIELD_L4PROTO}, .field_count = 1, .set = &of_tcp};
}

void build_deny_chain(struct lowering *lowering, const char *name, enum direction direction)
{
	struct chain chain = {.name = name, .tally = TALLY_DENIED};

	if (direction == EGRESS && lowering->resolved->has_tiers[INGRESS])
		spare_self(lowering, &chain);
	spare_always(lowering, &chain);
	build_rule(
		lowering, &chain,
		(struct rule){.kind = RULE_ALWAYS,
			      .counter = true,
			      .verdict = {lowering->options->reject ? VERDICT_NONE : VERDICT_DROP,
					  NULL}});
	if (!lowering->options->reject) {
		build_chain(lowering, chain);
		return;
	}
	build_rule(
		lowering, &chain,
		(struct rule){.kind = RULE_BRIDGED_TO_SERVICE, .verdict = {VERDICT_REJECT, NULL}});
	build_rule(lowering, &chain, reset_tcp());
	build_verdict(lowering, &chain, VERDICT_REJECT, NULL);
	build_chain(lowering, chain);
}

void build_legend(struct lowering *lowering, const char *name, const char **lines, size_t count)
{
	arena_push(lowering->arena, lowering->legend, lowering->legend_count,
		   ((struct legend){name, lines, count}));
}

uint32_t build_set(struct lowering *lowering, struct set set)
{
	struct set *kept = arena_alloc(lowering->arena, sizeof(*kept));

	*kept = set;
	arena_push(lowering->arena, lowering->sets, lowering->set_count, kept);
	return (uint32_t)lowering->set_count - 1;
}

void build_fill_set(struct lowering *lowering, uint32_t number, struct set set)
{
	/* The memory is build_set()'s own, so it may be written to. */
	*(struct set *)(uintptr_t)lowering->sets[number] = set;
}

void build_mark_ordered(struct lowering *lowering, uint32_t number)
{
	((struct set *)(uintptr_t)lowering->sets[number])->is_ordered = true;
}

struct rule build_lookup(const struct lowering *lowering, uint32_t number)
{
	struct rule rule = {.kind = RULE_LOOKUP, .set = lowering->sets[number]};

	rule.field_count = rule.set->field_count;
	memcpy(rule.fields, rule.set->fields, sizeof(rule.fields));
	return rule;
}

struct rule build_comparison(const struct lowering *lowering, uint32_t definition)
{
	const struct set **kept = &lowering->comparisons[definition];
	struct rule rule = {.kind = RULE_LOOKUP, .field_count = 1};

	if (!*kept) {
		struct set *made = arena_alloc(lowering->arena, sizeof(*made));
		uint32_t *from = arena_alloc(lowering->arena, sizeof(*from));

		*made = block_comparison(lowering->arena,
					 &lowering->resolved->definitions[definition]);
		*from = definition;
		made->from = from;
		made->from_count = 1;
		*kept = made;
	}
	rule.set = *kept;
	memcpy(rule.fields, rule.set->fields, sizeof(rule.fields));
	return rule;
}

/* Adds to the legend all definitions of a set whose comment does not name them all. */
static void explain_set(struct lowering *lowering, const char *name, const struct peer_union *of)
{
	const char **lines = arena_array(lowering->arena, of->count, sizeof(*lines));

	for (size_t i = 0; i < of->count; i++)
		lines[i] = lowering->resolved->definitions[of->definitions[i]].text;
	build_legend(lowering, name, lines, of->count);
}

/*
 * Returns @name, or a variant if a set has that name already.  Names that might clash end in a
 * hash, so this is for two equal hashes.
 */
static const char *fresh_set_name(struct lowering *lowering, const char *name)
{
	for (bool fresh = false;;) {
		table_keep(&lowering->set_names, name, strlen(name), &fresh);
		if (fresh)
			return name;
		name = arena_join(lowering->arena, name, "_", NULL);
	}
}

/* Copies a match, so that it outlives the group that is being made. */
static const struct first_match *copy_first(struct arena *arena, const struct first_match *match)
{
	struct first_match *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *match;
	copy->entries = arena_array(arena, match->count, sizeof(*copy->entries));
	memcpy(copy->entries, match->entries, match->count * sizeof(*copy->entries));
	return copy;
}

uint32_t build_first(struct lowering *lowering, const struct first_match *match, enum family family,
		     enum direction direction)
{
	static const char *const suffixes[FAMILIES] = {".v4", ".v6"};
	size_t len;
	const void *bytes = first_key(lowering->scratch, match, &len);
	char *key = arena_alloc(lowering->scratch, len + 1);
	struct set set;
	uint32_t number;
	bool added;

	memcpy(key, bytes, len);
	key[len] = (char)family;
	number = table_add(&lowering->first_keys, key, len + 1, &added);
	if (!added)
		return lowering->first_sets[number];
	set = lower_first_set(lowering->arena, copy_first(lowering->arena, match),
			      fresh_set_name(lowering, arena_join(lowering->arena, match->name,
								  suffixes[family], NULL)),
			      family, direction);
	number = build_set(lowering, set);
	arena_push(lowering->arena, lowering->first_sets, lowering->first_set_count, number);
	return number;
}

/* The bytes are equal only for sets with the same name and the same ranges. */
static const void *range_key(struct arena *arena, const struct ask *ask, enum family family,
			     size_t *len)
{
	const size_t bytes = ask->range_count[family] * sizeof(struct range);
	struct string name = {0};
	char *key;

	arena_append(arena, &name, "%d %zu %s", family, ask->range_count[family], ask->name);
	*len = name.len + bytes;
	key = arena_alloc(arena, *len);
	memcpy(key, name.text, name.len);
	memcpy(key + name.len, ask->ranges[family], bytes);
	return key;
}

uint32_t build_ranges(struct lowering *lowering, const struct ask *ask, enum family family,
		      enum direction direction)
{
	static const char *const suffixes[FAMILIES] = {".v4", ".v6"};
	size_t len;
	const void *key = range_key(lowering->scratch, ask, family, &len);
	bool added;
	const uint32_t number = table_add(&lowering->range_keys, key, len, &added);
	struct set set = {
		.comment = ask->words,
		.fields = {lower_other_end(direction, family)},
		.field_count = 1,
	};

	if (!added)
		return lowering->range_sets[number];
	set.name = fresh_set_name(lowering,
				  arena_join(lowering->arena, ask->name, suffixes[family], NULL));
	blocks_fill_ranges(lowering->arena, ask->ranges[family], ask->range_count[family], family,
			   &set);
	arena_push(lowering->arena, lowering->range_sets, lowering->range_set_count,
		   build_set(lowering, set));
	return lowering->range_sets[number];
}

/* The number of the set of definitions of one kind.  It is made when it is first looked up. */
static uint32_t intern_set(struct lowering *lowering, const struct peer_union *of_kind,
			   enum definition_kind kind, enum family family, enum direction direction)
{
	size_t bytes = of_kind->count * sizeof(*of_kind->definitions);
	uint32_t *key = arena_alloc(lowering->scratch, bytes + sizeof(*key));
	uint32_t number;
	struct set set;
	bool added, cut;

	/* The kind need not be in the key, since each definition has only one. */
	key[0] = family;
	memcpy(key + 1, of_kind->definitions, bytes);
	number = table_add(&lowering->set_keys, key, bytes + sizeof(*key), &added);
	if (!added)
		return lowering->keyed_sets[number];
	set = lower_peer_set(lowering->arena, lowering->resolved, of_kind, kind, family, direction,
			     &cut);
	set.name = fresh_set_name(lowering, set.name);
	if (cut)
		explain_set(lowering, set.name, of_kind);
	number = build_set(lowering, set);
	arena_push(lowering->arena, lowering->keyed_sets, lowering->keyed_set_count, number);
	return number;
}

const struct union_sets *build_union(struct lowering *lowering, uint32_t number,
				     enum direction direction)
{
	struct union_sets *sets;

	while (lowering->union_sets_count <= number)
		arena_push(lowering->arena, lowering->union_sets, lowering->union_sets_count,
			   ((struct union_sets){0}));
	sets = &lowering->union_sets[number];
	if (sets->made)
		return sets;
	sets->made = true;
	for (size_t kind = 0; kind < UNION_KINDS; kind++) {
		for (enum family family = V4; family < FAMILIES; family++) {
			struct peer_union of_kind;

			sets->sets[kind][family] = TABLE_NONE;
			if (!union_of_kind(lowering->arena, lowering->resolved,
					   &lowering->unions.items[number], kinds[kind], family,
					   &of_kind))
				continue;
			if (kinds[kind] == DEFINITION_BLOCK &&
			    block_form(lowering->resolved, &of_kind, family) == BLOCKS_COMPARED)
				sets->compared[family] = of_kind;
			else
				sets->sets[kind][family] = intern_set(
					lowering, &of_kind, kinds[kind], family, direction);
		}
	}
	return sets;
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

static int compare_legends(const void *a, const void *b)
{
	return strcmp(((const struct legend *)a)->name, ((const struct legend *)b)->name);
}

const char *build_group_name(struct lowering *lowering, const char *name)
{
	for (bool fresh = false;;) {
		table_keep(&lowering->group_names, name, strlen(name), &fresh);
		if (fresh)
			return name;
		name = arena_join(lowering->arena, name, "_", NULL);
	}
}

void build_group_legend(struct lowering *lowering, const char *name, const struct group *group)
{
	const struct objects *objects = lowering->resolved->objects;
	const char **lines = NULL;
	size_t count = 0;

	for (size_t i = 0; i < group->tier_count[TIER_ADMIN]; i++)
		arena_push(lowering->arena, lines, count,
			   arena_join(lowering->arena, "Admin: ",
				      objects->cluster_policies[group->tiers[TIER_ADMIN][i]].name,
				      NULL));
	for (size_t i = 0; i < group->policy_count; i++)
		arena_push(lowering->arena, lines, count,
			   objects->policies[group->policies[i]].name);
	for (size_t i = 0; i < group->tier_count[TIER_BASELINE]; i++)
		arena_push(
			lowering->arena, lines, count,
			arena_join(lowering->arena, "Baseline: ",
				   objects->cluster_policies[group->tiers[TIER_BASELINE][i]].name,
				   NULL));
	build_legend(lowering, name, lines, count);
}

struct ruleset *build_end(struct lowering *lowering)
{
	const struct resolved *resolved = lowering->resolved;
	struct ruleset *ruleset = arena_alloc(lowering->arena, sizeof(*ruleset));
	struct ruleset_stats *stats = &ruleset->stats;

	ruleset->table = lowering->options->table;
	ruleset->resolved = resolved;
	ruleset->legend = lowering->legend;
	ruleset->legend_count = lowering->legend_count;
	if (ruleset->legend_count)
		qsort(ruleset->legend, ruleset->legend_count, sizeof(struct legend),
		      compare_legends);
	ruleset->chains = lowering->chains;
	ruleset->chain_count = lowering->chain_count;
	qsort(ruleset->chains, ruleset->chain_count, sizeof(struct chain), compare_chains);
	ruleset_take_sets(lowering->arena, lowering->scratch, ruleset, lowering->sets,
			  lowering->set_count);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		for (size_t i = 0; i < resolved->objects->pod_count; i++)
			stats->isolated[direction] += bits_has(resolved->isolated[direction], i);
		/*
		 * Of the two maps of a direction, a packet is found only in that of its family, so
		 * the other one counts 1.
		 */
		stats->most_lookups += 1 + lowering->most_lookups[direction];
	}
	/* A packet that is denied also meets the two sets of the chain `always`. */
	stats->most_lookups += 2;
	stats->groups = resolved->group_count;
	stats->policies = resolved->objects->policy_count;
	stats->peer_sum = resolved->peer_sum;
	return ruleset;
}
