/* Chains and rules.  See lower.h. */
#include "lower.h"

#include "arena.h"
#include "lower_cells.h"
#include "lower_names.h"
#include "lower_origin.h"
#include "lower_sets.h"
#include "resolve_match.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define CHAIN_ALWAYS    "always"
#define CHAIN_MIDSTREAM "midstream"
#define CHAIN_FREE      "free"

static const enum definition_kind kinds[] = {DEFINITION_PODS, DEFINITION_NAMED, DEFINITION_BLOCK};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* The rules that look a union up: the sets of its definitions, by kind and family. */
struct union_sets {
	bool made;
	uint32_t sets[KINDS][FAMILIES]; /* numbers, TABLE_NONE: has none */
};

struct lowering {
	struct arena *arena;
	struct arena *scratch; /* emptied after each group */
	const struct resolved *resolved;
	const struct lower_options *options;
	const char *const *pod_names;
	struct unions unions;
	struct union_sets *union_sets; /* by union */
	size_t union_sets_count;
	struct table set_keys, set_names;
	struct set **sets; /* each in memory of its own, since rules point to them */
	size_t set_count;
	struct chain *chains;
	size_t chain_count;
	struct legend *legend;
	size_t legend_count;
	const struct verdict *verdict_of[DIRECTIONS]; /* by pod */
	size_t most_lookups[DIRECTIONS];
};

static void add_rule(struct lowering *lowering, struct chain *chain, struct rule rule)
{
	arena_push(lowering->arena, chain->rules, chain->rule_count, rule);
}

static void add_verdict(struct lowering *lowering, struct chain *chain, enum verdict_kind kind,
			const char *to)
{
	add_rule(lowering, chain, (struct rule){.kind = RULE_ALWAYS, .verdict = {kind, to}});
}

static void end_chain(struct lowering *lowering, struct chain chain)
{
	arena_push(lowering->arena, lowering->chains, lowering->chain_count, chain);
}

/* Yes: from an ingress chain it is final, from an egress chain the other end is asked next. */
static struct verdict yes(enum direction direction)
{
	return (struct verdict){direction == INGRESS ? VERDICT_ACCEPT : VERDICT_RETURN, NULL};
}

static enum field other_end(enum direction direction, enum family family)
{
	if (direction == INGRESS)
		return family == V4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR;
	return family == V4 ? FIELD_IP_DADDR : FIELD_IP6_DADDR;
}

/* Names whose parts are told in the legend. */
static void explain_set(struct lowering *lowering, const char *name, const struct peer_union *of)
{
	struct legend legend = {.name = name};

	for (size_t i = 0; i < of->count; i++)
		arena_push(lowering->arena, legend.lines, legend.count,
			   lowering->resolved->definitions[of->definitions[i]].text);
	arena_push(lowering->arena, lowering->legend, lowering->legend_count, legend);
}

static void explain_group(struct lowering *lowering, const char *name, const struct group *group)
{
	struct legend legend = {.name = name};

	for (size_t i = 0; i < group->policy_count; i++)
		arena_push(lowering->arena, legend.lines, legend.count,
			   lowering->resolved->objects->policies[group->policies[i]].name);
	arena_push(lowering->arena, lowering->legend, lowering->legend_count, legend);
}

/* The set of definitions of one kind, made when it is first looked up. */
static uint32_t intern_set(struct lowering *lowering, const struct peer_union *of_kind,
			   enum definition_kind kind, enum family family, enum direction direction)
{
	size_t bytes = of_kind->count * sizeof(*of_kind->definitions);
	uint32_t *key = arena_alloc(lowering->scratch, bytes + sizeof(*key));
	uint32_t number;
	struct set *set;
	bool added, cut;

	/* A definition is of one kind, so that the list tells it. */
	key[0] = family;
	memcpy(key + 1, of_kind->definitions, bytes);
	number = table_add(&lowering->set_keys, key, bytes + sizeof(*key), &added);
	if (!added)
		return number;
	set = arena_alloc(lowering->arena, sizeof(*set));
	*set = lower_peer_set(lowering->arena, lowering->resolved, of_kind, kind, family, direction,
			      lowering->pod_names, &cut);
	/* Names end in a hash where they must; should two ever be the same, they still differ. */
	for (bool fresh = false;;) {
		table_add(&lowering->set_names, set->name, strlen(set->name), &fresh);
		if (fresh)
			break;
		set->name = arena_printf(lowering->arena, "%s_", set->name);
	}
	arena_push(lowering->arena, lowering->sets, lowering->set_count, set);
	if (cut)
		explain_set(lowering, set->name, of_kind);
	return number;
}

static const struct union_sets *sets_of_union(struct lowering *lowering, uint32_t number,
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
	for (size_t kind = 0; kind < KINDS; kind++) {
		for (enum family family = V4; family < FAMILIES; family++) {
			struct peer_union of_kind;

			sets->sets[kind][family] = TABLE_NONE;
			if (union_of_kind(lowering->arena, lowering->resolved,
					  &lowering->unions.items[number], kinds[kind], family,
					  &of_kind))
				sets->sets[kind][family] = intern_set(
					lowering, &of_kind, kinds[kind], family, direction);
		}
	}
	return sets;
}

/* A group being lowered: what its rules are made from. */
struct group_plan {
	const struct group *group;
	const struct grant *grants; /* sorted by origin_sort() */
	size_t grant_count;
	const struct plan *plan;
	const char *name, *deny;   /* chains */
	const char **target_names; /* chains, by target; NULL where anything may pass */
};

static const char *origin(struct lowering *lowering, const struct group_plan *of, uint32_t target,
			  const uint32_t *peers, size_t count)
{
	if (of->group->policy_count == 1)
		return NULL;
	return origin_comment(lowering->arena, lowering->resolved->objects, of->grants,
			      of->grant_count, of->plan, target, peers, count);
}

/*
 * One rule for each set of the unions that are looked up for a target (or for every packet); returns
 * the most that one packet can meet.
 */
static size_t add_lookups(struct lowering *lowering, struct chain *chain,
			  const struct group_plan *of, uint32_t number)
{
	const struct target *target =
		number == EVERY_PACKET ? &of->plan->every : &of->plan->targets[number];
	enum direction direction = of->group->direction;
	size_t lookups[FAMILIES] = {0};

	for (size_t i = 0; i < target->count; i++) {
		const struct union_sets *sets =
			sets_of_union(lowering, target->unions[i], direction);
		const struct peer_union *peers = &lowering->unions.items[target->unions[i]];
		const char *comment =
			origin(lowering, of, number, peers->definitions, peers->count);

		for (size_t k = 0; k < KINDS * FAMILIES; k++) {
			enum family family = k % FAMILIES;
			uint32_t set = sets->sets[k / FAMILIES][family];
			struct rule rule = {
				.kind = RULE_LOOKUP,
				.fields = {other_end(direction, family), FIELD_L4PROTO,
					   FIELD_TH_DPORT},
				.verdict = yes(direction),
				.comment = comment,
			};

			if (set == TABLE_NONE)
				continue;
			rule.set = lowering->sets[set];
			rule.field_count = rule.set->field_count;
			add_rule(lowering, chain, rule);
			lookups[family]++;
		}
	}
	return lookups[V4] > lookups[V6] ? lookups[V4] : lookups[V6];
}

/* An element of an anonymous map, for sorting. */
struct map_element {
	uint8_t key[8];
	uint8_t end[8];
	struct verdict verdict;
};

static int compare_map_elements(const void *a, const void *b)
{
	return key_compare(((const struct map_element *)a)->key,
			   ((const struct map_element *)b)->key, 8, true);
}

static void put_port(uint8_t *key, enum protocol protocol, uint16_t port)
{
	uint16_t net = htons(port);

	key[0] = (uint8_t)protocol;
	memcpy(key + 4, &net, sizeof(net));
}

static struct verdict target_verdict(const struct group_plan *of, const struct cell *cell)
{
	if (of->plan->targets[cell->target].anything)
		return yes(of->group->direction);
	return (struct verdict){VERDICT_GOTO, of->target_names[cell->target]};
}

/* meta l4proto . th dport vmap { … } */
static void add_port_map(struct lowering *lowering, struct chain *chain,
			 const struct group_plan *of)
{
	const struct plan *plan = of->plan;
	struct map_element *elements =
		arena_array(lowering->scratch, plan->cell_count, sizeof(*elements));
	struct arena *arena = lowering->arena;
	struct set *set = arena_alloc(arena, sizeof(*set));
	struct verdict *verdicts = arena_array(arena, plan->cell_count, sizeof(*verdicts));
	uint8_t *keys = arena_array(arena, plan->cell_count, 8);
	uint8_t *ends = arena_array(arena, plan->cell_count, 8);

	*set = (struct set){
		.fields = {FIELD_L4PROTO, FIELD_TH_DPORT},
		.field_count = 2,
		.count = plan->cell_count,
		.keys = keys,
		.verdicts = verdicts,
	};
	for (size_t i = 0; i < plan->cell_count; i++) {
		const struct cell *cell = &plan->cells[i];

		put_port(elements[i].key, cell->protocol, cell->first);
		put_port(elements[i].end, cell->protocol, cell->last);
		elements[i].verdict = target_verdict(of, cell);
		set->interval |= cell->first != cell->last;
	}
	/* Of a map with ranges nft lists the elements as they came. */
	if (!set->interval)
		qsort(elements, plan->cell_count, sizeof(*elements), compare_map_elements);
	for (size_t i = 0; i < plan->cell_count; i++) {
		memcpy(keys + 8 * i, elements[i].key, 8);
		memcpy(ends + 8 * i, elements[i].end, 8);
		verdicts[i] = elements[i].verdict;
	}
	if (set->interval)
		set->ends = ends;
	add_rule(lowering, chain,
		 (struct rule){.kind = RULE_LOOKUP,
			       .set = set,
			       .field_count = 2,
			       .fields = {FIELD_L4PROTO, FIELD_TH_DPORT}});
}

/* meta l4proto vmap { … }: what is on every port of a protocol. */
static void add_protocol_map(struct lowering *lowering, struct chain *chain,
			     const struct group_plan *of)
{
	const struct plan *plan = of->plan;
	struct arena *arena = lowering->arena;
	struct set *set = arena_alloc(arena, sizeof(*set));
	struct verdict *verdicts = arena_array(arena, plan->protocol_count, sizeof(*verdicts));
	uint8_t *keys = arena_array(arena, plan->protocol_count, 1);

	*set = (struct set){
		.fields = {FIELD_L4PROTO},
		.field_count = 1,
		.count = plan->protocol_count,
		.keys = keys,
		.verdicts = verdicts,
	};
	/* They come by number, which is how nft lists them. */
	for (size_t i = 0; i < plan->protocol_count; i++) {
		keys[i] = (uint8_t)plan->protocols[i].protocol;
		verdicts[i] = target_verdict(of, &plan->protocols[i]);
	}
	add_rule(lowering, chain,
		 (struct rule){.kind = RULE_LOOKUP,
			       .set = set,
			       .field_count = 1,
			       .fields = {FIELD_L4PROTO}});
}

/* The group's grants, named ports replaced by the numbers they are for these pods. */
static struct grant *group_grants(struct arena *arena, const struct resolved *resolved,
				  const struct group *group, size_t *count)
{
	struct grant *grants = NULL;

	*count = 0;
	for (size_t i = 0; i < group->policy_count; i++) {
		const struct policy_grants *of =
			&resolved->grants[group->direction][group->policies[i]];

		for (size_t k = 0; k < of->count; k++) {
			struct grant grant = of->grants[k];

			if (!grant.port_name)
				arena_push(arena, grants, *count, grant);
			for (size_t n = 0; grant.port_name && n < group->number_count; n++) {
				const struct pod_port *port = &group->numbers[n];

				if (port->protocol != grant.protocol ||
				    strcmp(port->name, grant.port_name) != 0)
					continue;
				grant.first = grant.last = port->number;
				arena_push(arena, grants, *count, grant);
			}
		}
	}
	return grants;
}

/* The chain where what the group's policies do not allow ends. */
static void add_deny_chain(struct lowering *lowering, const char *name)
{
	struct chain chain = {.name = name};
	enum verdict_kind no = lowering->options->reject ? VERDICT_REJECT : VERDICT_DROP;

	add_verdict(lowering, &chain, VERDICT_JUMP, CHAIN_ALWAYS);
	add_rule(lowering, &chain,
		 (struct rule){.kind = RULE_ALWAYS, .counter = true, .verdict = {no, NULL}});
	end_chain(lowering, chain);
}

/* The chain of each target; returns the most look-ups in one. */
static size_t add_target_chains(struct lowering *lowering, const struct group_plan *of)
{
	size_t most = 0;

	for (uint32_t i = 0; i < of->plan->target_count; i++) {
		struct chain chain = {0};
		size_t lookups;

		if (of->plan->targets[i].anything)
			continue;
		chain.name = of->target_names[i] =
			name_target(lowering->arena, of->name, of->plan, i);
		lookups = add_lookups(lowering, &chain, of, i);
		add_verdict(lowering, &chain, VERDICT_GOTO, of->deny);
		end_chain(lowering, chain);
		most = lookups > most ? lookups : most;
	}
	return most;
}

static void count_lookups(struct lowering *lowering, enum direction direction, size_t lookups)
{
	if (lookups > lowering->most_lookups[direction])
		lowering->most_lookups[direction] = lookups;
}

/* The end of a chain in which everything is allowed. */
static void add_open_chain(struct lowering *lowering, const struct group_plan *of,
			   struct chain *chain)
{
	const uint32_t anything = ANYTHING;

	add_rule(lowering, chain,
		 (struct rule){.kind = RULE_ALWAYS,
			       .verdict = yes(of->group->direction),
			       .comment = origin(lowering, of, EVERY_PACKET, &anything, 1)});
	end_chain(lowering, *chain);
}

static bool has_number(const struct group *group, const struct grant *named)
{
	for (size_t i = 0; i < group->number_count; i++)
		if (group->numbers[i].protocol == named->protocol &&
		    !strcmp(group->numbers[i].name, named->port_name))
			return true;
	return false;
}

/* The grants of the group's policies to one named port, as if they were to every port. */
static struct grant *named_grants(const struct lowering *lowering, const struct group *group,
				  const struct grant *named, size_t *count)
{
	struct grant *grants = NULL;

	*count = 0;
	for (size_t i = 0; i < group->policy_count; i++) {
		const struct policy_grants *of =
			&lowering->resolved->grants[group->direction][group->policies[i]];

		for (size_t k = 0; k < of->count; k++) {
			struct grant grant = of->grants[k];

			if (!grant.port_name || grant.protocol != named->protocol ||
			    strcmp(grant.port_name, named->port_name) != 0)
				continue;
			grant.protocol = PROTOCOL_ANY;
			arena_push(lowering->scratch, grants, *count, grant);
		}
	}
	origin_sort(grants, *count);
	return grants;
}

static void add_named_chain(struct lowering *lowering, const struct group_plan *of,
			    const struct grant *named, const char *name)
{
	struct chain chain = {
		.name = name,
		.comment = of->group->pod_count ? "a port that none of these pods has"
						: "whatever number a pod gives this port",
	};
	struct group_plan alone = *of;

	alone.grants = named_grants(lowering, of->group, named, &alone.grant_count);
	alone.plan =
		plan_cells(lowering->scratch, alone.grants, alone.grant_count, &lowering->unions);
	if (alone.plan->open) {
		add_open_chain(lowering, &alone, &chain);
		return;
	}
	add_lookups(lowering, &chain, &alone, EVERY_PACKET);
	add_verdict(lowering, &chain, VERDICT_GOTO, of->deny);
	end_chain(lowering, chain);
}

/*
 * A named port that has no number for these pods is in no map.  A chain that nothing leads to shows its
 * peers to who reads the ruleset.
 */
static void add_named_chains(struct lowering *lowering, const struct group_plan *of)
{
	struct table seen = {.arena = lowering->scratch};

	for (size_t i = 0; i < of->group->policy_count; i++) {
		const struct policy_grants *all =
			&lowering->resolved->grants[of->group->direction][of->group->policies[i]];

		for (size_t k = 0; k < all->count; k++) {
			const struct grant *grant = &all->grants[k];
			const char *name;
			bool added;

			if (!grant->port_name || has_number(of->group, grant))
				continue;
			name = name_port(lowering->arena, of->name, grant->port_name,
					 grant->protocol);
			table_add(&seen, name, strlen(name), &added);
			if (added)
				add_named_chain(lowering, of, grant, name);
		}
	}
}

/* The chains of one group; returns the name of the first. */
static const char *add_group(struct lowering *lowering, const struct group *group)
{
	const struct resolved *resolved = lowering->resolved;
	bool cut;
	struct chain chain = {
		.name = name_group(lowering->arena, resolved, group, &cut),
		.comment = comment_group(lowering->arena, resolved, group),
	};
	struct group_plan of = {
		.group = group,
		.name = chain.name,
		.deny = arena_printf(lowering->arena, "%s/deny", chain.name),
	};
	struct grant *grants = group_grants(lowering->scratch, resolved, group, &of.grant_count);
	size_t lookups;

	if (cut)
		explain_group(lowering, chain.name, group);
	origin_sort(grants, of.grant_count);
	of.grants = grants;
	of.plan = plan_cells(lowering->scratch, grants, of.grant_count, &lowering->unions);
	of.target_names = arena_array(lowering->scratch, of.plan->target_count, sizeof(char *));
	add_rule(lowering, &chain,
		 (struct rule){.kind = RULE_NOT_SYN, .verdict = {VERDICT_GOTO, CHAIN_MIDSTREAM}});
	if (of.plan->open) {
		add_open_chain(lowering, &of, &chain);
		return chain.name;
	}
	lookups = add_lookups(lowering, &chain, &of, EVERY_PACKET);
	lookups += add_target_chains(lowering, &of);
	if (of.plan->cell_count)
		add_port_map(lowering, &chain, &of);
	if (of.plan->protocol_count)
		add_protocol_map(lowering, &chain, &of);
	count_lookups(lowering, group->direction,
		      lookups + (of.plan->cell_count > 0) + (of.plan->protocol_count > 0));
	add_verdict(lowering, &chain, VERDICT_GOTO, of.deny);
	end_chain(lowering, chain);
	add_deny_chain(lowering, of.deny);
	add_named_chains(lowering, &of);
	return chain.name;
}

static void add_groups(struct lowering *lowering)
{
	const struct resolved *resolved = lowering->resolved;
	size_t pods = resolved->objects->pod_count;
	struct verdict *verdict_of[DIRECTIONS];

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		lowering->verdict_of[direction] = verdict_of[direction] =
			arena_array(lowering->arena, pods, sizeof(struct verdict));
	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];
		struct verdict verdict = {
			.kind = group->direction == INGRESS ? VERDICT_GOTO : VERDICT_JUMP,
			.chain = add_group(lowering, group),
		};

		for (size_t k = 0; k < group->pod_count; k++)
			verdict_of[group->direction][group->pods[k]] = verdict;
		arena_reset(lowering->scratch);
	}
	/* The other direction of a pod that is isolated in one is free, but for what is midstream. */
	for (size_t pod = 0; pod < pods; pod++) {
		struct verdict *in = &verdict_of[INGRESS][pod], *out = &verdict_of[EGRESS][pod];

		if (in->kind == VERDICT_NONE && out->kind != VERDICT_NONE)
			*in = (struct verdict){VERDICT_GOTO, CHAIN_FREE};
		else if (out->kind == VERDICT_NONE && in->kind != VERDICT_NONE)
			*out = (struct verdict){VERDICT_JUMP, CHAIN_FREE};
	}
}

static const struct set *keep_set(struct lowering *lowering, struct set set)
{
	struct set *kept = arena_alloc(lowering->arena, sizeof(*kept));

	*kept = set;
	arena_push(lowering->arena, lowering->sets, lowering->set_count, kept);
	return kept;
}

/* A pod to itself, and what an IPv6 link needs to work where bridged frames pass the hook. */
static void add_always_chain(struct lowering *lowering)
{
	/* MLD (RFC 2710, 3810) and neighbour discovery (RFC 4861). */
	static const uint8_t types[] = {130, 131, 132, 133, 134, 135, 136, 137, 143};
	static const struct set icmpv6 = {.fields = {FIELD_ICMPV6_TYPE},
					  .field_count = 1,
					  .count = sizeof(types),
					  .keys = types};
	struct chain chain = {
		.name = CHAIN_ALWAYS,
		.comment =
			"what no policy stops: a pod to itself, IPv6 neighbour discovery and MLD",
	};

	for (enum family family = V4; family < FAMILIES; family++) {
		const struct set *self =
			keep_set(lowering, lower_self_set(lowering->arena, lowering->resolved,
							  family, lowering->verdict_of[INGRESS],
							  lowering->pod_names));

		add_rule(lowering, &chain,
			 (struct rule){.kind = RULE_LOOKUP,
				       .field_count = 2,
				       .set = self,
				       .fields = {self->fields[0], self->fields[1]},
				       .verdict = {VERDICT_ACCEPT, NULL}});
	}
	add_rule(lowering, &chain,
		 (struct rule){.kind = RULE_LOOKUP,
			       .field_count = 1,
			       .set = &icmpv6,
			       .fields = {FIELD_ICMPV6_TYPE},
			       .verdict = {VERDICT_ACCEPT, NULL}});
	end_chain(lowering, chain);
}

/*
 * A TCP segment that is new to conntrack but opens no connection belongs to one that was ended, or
 * that began before there were rules.  Let in from the free side, it would make conntrack take the
 * other side's segments for replies.
 */
static void add_midstream_chains(struct lowering *lowering)
{
	struct chain chain = {
		.name = CHAIN_FREE,
		.comment = "pods that no policy isolates in this direction",
	};

	add_rule(lowering, &chain,
		 (struct rule){.kind = RULE_NOT_SYN, .verdict = {VERDICT_GOTO, CHAIN_MIDSTREAM}});
	end_chain(lowering, chain);
	add_deny_chain(lowering, CHAIN_MIDSTREAM);
	lowering->chains[lowering->chain_count - 1].comment =
		"TCP of isolated pods that is new here, but does not begin with a SYN";
}

static void add_base_chain(struct lowering *lowering)
{
	static const char *const names[DIRECTIONS][FAMILIES] = {
		[INGRESS] = {"ingress.v4", "ingress.v6"}, [EGRESS] = {"egress.v4", "egress.v6"}};
	static const enum direction order[] = {EGRESS, INGRESS};
	struct chain chain = {.name = "forward", .base = true};

	add_rule(lowering, &chain,
		 (struct rule){.kind = RULE_ESTABLISHED, .verdict = {VERDICT_ACCEPT, NULL}});
	for (size_t i = 0; i < DIRECTIONS; i++) {
		for (enum family family = V4; family < FAMILIES; family++) {
			const struct set *map = keep_set(
				lowering,
				lower_pod_map(lowering->arena, lowering->resolved,
					      names[order[i]][family], family, order[i],
					      lowering->verdict_of[order[i]], lowering->pod_names));

			add_rule(lowering, &chain,
				 (struct rule){.kind = RULE_LOOKUP,
					       .field_count = 1,
					       .set = map,
					       .fields = {map->fields[0]}});
		}
	}
	end_chain(lowering, chain);
}

static int compare_sets(const void *a, const void *b)
{
	return set_compare(a, b);
}

static int compare_chains(const void *a, const void *b)
{
	return chain_compare(a, b);
}

static int compare_legends(const void *a, const void *b)
{
	return strcmp(((const struct legend *)a)->name, ((const struct legend *)b)->name);
}

/* Rules point to sets by name as well as by address: once sorted, to where they now stand. */
static void relink(struct ruleset *ruleset, struct arena *arena)
{
	struct table names = {.arena = arena};
	uint32_t *at = arena_array(arena, ruleset->set_count, sizeof(*at));

	for (size_t i = 0; i < ruleset->set_count; i++)
		at[table_add(&names, ruleset->sets[i].name, strlen(ruleset->sets[i].name), NULL)] =
			(uint32_t)i;
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		for (size_t k = 0; k < ruleset->chains[i].rule_count; k++) {
			struct rule *rule = &ruleset->chains[i].rules[k];

			if (rule->set && rule->set->name)
				rule->set = &ruleset->sets[at[table_find(&names, rule->set->name,
									 strlen(rule->set->name))]];
		}
	}
}

static struct ruleset *finish(struct lowering *lowering)
{
	const struct resolved *resolved = lowering->resolved;
	struct ruleset *ruleset = arena_alloc(lowering->arena, sizeof(*ruleset));
	struct ruleset_stats *stats = &ruleset->stats;

	ruleset->table = lowering->options->table;
	ruleset->set_count = lowering->set_count;
	ruleset->sets = arena_array(lowering->arena, lowering->set_count, sizeof(struct set));
	for (size_t i = 0; i < lowering->set_count; i++) {
		ruleset->sets[i] = *lowering->sets[i];
		/* The sets of peers came first, and each has a key. */
		if (i < lowering->set_keys.count)
			stats->elements += ruleset->sets[i].count;
	}
	qsort(ruleset->sets, ruleset->set_count, sizeof(struct set), compare_sets);
	ruleset->legend = lowering->legend;
	ruleset->legend_count = lowering->legend_count;
	if (ruleset->legend_count)
		qsort(ruleset->legend, ruleset->legend_count, sizeof(struct legend),
		      compare_legends);
	ruleset->chains = lowering->chains;
	ruleset->chain_count = lowering->chain_count;
	qsort(ruleset->chains, ruleset->chain_count, sizeof(struct chain), compare_chains);
	relink(ruleset, lowering->scratch);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		for (size_t i = 0; i < resolved->objects->pod_count; i++)
			stats->isolated[direction] += bits_has(resolved->isolated[direction], i);
		/* One of the two maps of the direction finds the packet's family. */
		stats->most_lookups += 1 + lowering->most_lookups[direction];
	}
	/* What is denied meets the two of the chain `always` as well. */
	stats->most_lookups += 2;
	stats->groups = resolved->group_count;
	stats->policies = resolved->objects->policy_count;
	stats->peer_sum = resolved->peer_sum;
	return ruleset;
}

struct ruleset *lower(struct arena *arena, const struct resolved *resolved,
		      const struct lower_options *options)
{
	struct lowering lowering = {
		.arena = arena,
		.scratch = arena_new(),
		.resolved = resolved,
		.options = options,
		.unions = {.arena = arena, .keys = {.arena = arena}},
		.set_keys = {.arena = arena},
		.set_names = {.arena = arena},
	};
	struct ruleset *ruleset;

	lowering.pod_names = lower_pod_names(arena, resolved);
	add_groups(&lowering);
	add_base_chain(&lowering);
	add_always_chain(&lowering);
	add_midstream_chains(&lowering);
	ruleset = finish(&lowering);
	arena_free(lowering.scratch);
	return ruleset;
}
