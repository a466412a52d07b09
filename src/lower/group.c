/* Chains and rules of one group.  See lower/group.h. */
#include "lower/group.h"

#include "base/arena.h"
#include "lower/names.h"
#include "lower/origin.h"

#include <arpa/inet.h>
#include <stdlib.h>

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

/* A group whose name does not name all its policies. */
static void explain_group(struct lowering *lowering, const char *name, const struct group *group)
{
	const char **lines = arena_array(lowering->arena, group->policy_count, sizeof(*lines));

	for (size_t i = 0; i < group->policy_count; i++)
		lines[i] = lowering->resolved->objects->policies[group->policies[i]].name;
	build_legend(lowering, name, lines, group->policy_count);
}

/* A group being lowered: what its rules are made from. */
struct group_plan {
	const struct group *group;
	struct origins origins; /* of a group of several policies */
	const struct plan *plan;
	const char *name, *deny;   /* chains */
	const char **target_names; /* chains, by target; NULL where anything may pass */
};

static const char *origin(struct lowering *lowering, const struct group_plan *of, uint32_t target,
			  const uint32_t *peers, size_t count)
{
	if (of->group->policy_count == 1)
		return NULL;
	return origin_comment(lowering->arena, lowering->resolved->objects, &of->origins, of->plan,
			      target, peers, count);
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
		const struct union_sets *sets = build_union(lowering, target->unions[i], direction);
		const struct peer_union *peers = &lowering->unions.items[target->unions[i]];
		const char *comment =
			origin(lowering, of, number, peers->definitions, peers->count);

		for (size_t k = 0; k < UNION_KINDS * FAMILIES; k++) {
			enum family family = k % FAMILIES;
			uint32_t set = sets->sets[k / FAMILIES][family];
			struct rule rule;

			if (set == TABLE_NONE)
				continue;
			rule = build_lookup(lowering, set);
			/* Another group may have made it, for the other direction. */
			rule.fields[0] = other_end(direction, family);
			rule.verdict = yes(direction);
			rule.comment = comment;
			build_rule(lowering, chain, rule);
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

/* meta l4proto . th dport vmap { … }, or for one cell tcp dport … */
static void add_port_map(struct lowering *lowering, struct chain *chain,
			 const struct group_plan *of, const struct cell *cells, size_t count)
{
	struct map_element *elements = arena_array(lowering->scratch, count, sizeof(*elements));
	struct arena *arena = lowering->arena;
	struct set *set = arena_alloc(arena, sizeof(*set));
	struct verdict *verdicts = arena_array(arena, count, sizeof(*verdicts));
	uint8_t *keys = arena_array(arena, count, 8);
	uint8_t *ends = arena_array(arena, count, 8);

	*set = (struct set){
		.fields = {FIELD_L4PROTO, FIELD_TH_DPORT},
		.field_count = 2,
		.count = count,
		.keys = keys,
		.verdicts = verdicts,
	};
	for (size_t i = 0; i < count; i++) {
		const struct cell *cell = &cells[i];

		put_port(elements[i].key, cell->protocol, cell->first);
		put_port(elements[i].end, cell->protocol, cell->last);
		elements[i].verdict = target_verdict(of, cell);
		set->interval |= cell->first != cell->last;
	}
	/* Of a map with ranges nft lists the elements as they came. */
	if (!set->interval)
		qsort(elements, count, sizeof(*elements), compare_map_elements);
	for (size_t i = 0; i < count; i++) {
		memcpy(keys + 8 * i, elements[i].key, 8);
		memcpy(ends + 8 * i, elements[i].end, 8);
		verdicts[i] = elements[i].verdict;
	}
	if (set->interval)
		set->ends = ends;
	build_rule(lowering, chain,
		   (struct rule){.kind = RULE_LOOKUP,
				 .set = set,
				 .field_count = 2,
				 .fields = {FIELD_L4PROTO, FIELD_TH_DPORT}});
}

/* A map takes as long as three comparisons or four. */
#define COMPARISONS_MAX 2

/* What is on some ports. */
static void add_ports(struct lowering *lowering, struct chain *chain, const struct group_plan *of)
{
	const struct plan *plan = of->plan;

	if (plan->cell_count > COMPARISONS_MAX) {
		add_port_map(lowering, chain, of, plan->cells, plan->cell_count);
		return;
	}
	for (size_t i = 0; i < plan->cell_count; i++)
		add_port_map(lowering, chain, of, &plan->cells[i], 1);
}

/* meta l4proto vmap { … }, or of one protocol meta l4proto tcp …: what is on every port of it. */
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
	build_rule(lowering, chain,
		   (struct rule){.kind = RULE_LOOKUP,
				 .set = set,
				 .field_count = 1,
				 .fields = {FIELD_L4PROTO}});
}

/* How many numbers a grant's port has in the group: one, unless it has a name. */
static size_t port_numbers(const struct group *group, const struct grant *grant)
{
	size_t count = grant->port_name == NULL;

	for (size_t i = 0; grant->port_name && i < group->number_count; i++)
		count += group->numbers[i].protocol == grant->protocol &&
			 !strcmp(group->numbers[i].name, grant->port_name);
	return count;
}

/* The group's grants, named ports replaced by the numbers they are for these pods. */
static struct grant *group_grants(struct arena *arena, const struct resolved *resolved,
				  const struct group *group, size_t *count)
{
	const struct policy_grants *of = resolved->grants[group->direction];
	struct grant *grants;
	size_t most = 0;

	for (size_t i = 0; i < group->policy_count; i++)
		for (size_t k = 0; k < of[group->policies[i]].count; k++)
			most += port_numbers(group, &of[group->policies[i]].grants[k]);
	grants = arena_array(arena, most, sizeof(*grants));
	*count = 0;
	for (size_t i = 0; i < group->policy_count; i++) {
		for (size_t k = 0; k < of[group->policies[i]].count; k++) {
			struct grant grant = of[group->policies[i]].grants[k];

			if (!grant.port_name)
				grants[(*count)++] = grant;
			for (size_t n = 0; grant.port_name && n < group->number_count; n++) {
				const struct pod_port *port = &group->numbers[n];

				if (port->protocol != grant.protocol ||
				    strcmp(port->name, grant.port_name) != 0)
					continue;
				grant.first = grant.last = port->number;
				grants[(*count)++] = grant;
			}
		}
	}
	return grants;
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
		chain.name = of->target_names[i];
		lookups = add_lookups(lowering, &chain, of, i);
		build_verdict(lowering, &chain, VERDICT_GOTO, of->deny);
		build_chain(lowering, chain);
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

	build_rule(lowering, chain,
		   (struct rule){.kind = RULE_ALWAYS,
				 .verdict = yes(of->group->direction),
				 .comment = origin(lowering, of, EVERY_PACKET, &anything, 1)});
	build_chain(lowering, *chain);
}

/* Plans cells; where there are several policies, which of them each look-up is for. */
static void plan_group(struct lowering *lowering, struct group_plan *of, struct grant *grants,
		       size_t count)
{
	const struct peer_list *lists = lowering->resolved->peer_lists;

	of->plan = plan_cells(lowering->scratch, lists, grants, count, &lowering->unions);
	if (of->group->policy_count > 1)
		of->origins = origins_of(lowering->scratch, lists, grants, count);
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
	return grants;
}

static void add_named_chain(struct lowering *lowering, const struct group_plan *of,
			    const struct grant *named, const char *name)
{
	struct chain chain = {
		.name = name,
		.comment = "nothing leads here: none of these pods has this port",
	};
	struct group_plan alone = *of;
	struct grant *grants;
	size_t count;

	grants = named_grants(lowering, of->group, named, &count);
	plan_group(lowering, &alone, grants, count);
	if (alone.plan->open) {
		add_open_chain(lowering, &alone, &chain);
		return;
	}
	add_lookups(lowering, &chain, &alone, EVERY_PACKET);
	build_verdict(lowering, &chain, VERDICT_GOTO, of->deny);
	build_chain(lowering, chain);
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

			if (!grant->port_name || port_numbers(of->group, grant))
				continue;
			name = name_port(lowering->arena, of->name, grant->port_name,
					 grant->protocol);
			table_add(&seen, name, strlen(name), &added);
			if (added)
				add_named_chain(lowering, of, grant, name);
		}
	}
}

/* Names that were cut end in a hash; should two ever be the same, they still differ. */
static const char *group_name(struct lowering *lowering, const struct group *group, bool *cut)
{
	const char *name = name_group(lowering->arena, lowering->resolved, group, cut);

	for (bool fresh = false;;) {
		table_keep(&lowering->group_names, name, strlen(name), &fresh);
		if (fresh)
			return name;
		name = arena_join(lowering->arena, name, "_", NULL);
	}
}

/* The chains of one group; returns the name of the first. */
const char *lower_group(struct lowering *lowering, const struct group *group, bool *open)
{
	const struct resolved *resolved = lowering->resolved;
	bool cut;
	size_t count;
	struct chain chain = {
		.name = group_name(lowering, group, &cut),
		.comment = comment_group(lowering->arena, resolved, group),
	};
	struct group_plan of = {
		.group = group,
		.name = chain.name,
		.deny = arena_join(lowering->arena, chain.name, "/deny", NULL),
	};
	struct grant *grants = group_grants(lowering->scratch, resolved, group, &count);
	size_t lookups;

	if (cut)
		explain_group(lowering, chain.name, group);
	plan_group(lowering, &of, grants, count);
	of.target_names = arena_array(lowering->scratch, of.plan->target_count, sizeof(char *));
	name_targets(lowering->arena, lowering->scratch, of.name, of.plan, of.target_names);
	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_NOT_SYN, .verdict = {VERDICT_JUMP, CHAIN_MIDSTREAM}});
	*open = of.plan->open;
	if (*open) {
		add_open_chain(lowering, &of, &chain);
		return chain.name;
	}
	lookups = add_lookups(lowering, &chain, &of, EVERY_PACKET);
	lookups += add_target_chains(lowering, &of);
	add_ports(lowering, &chain, &of);
	if (of.plan->protocol_count)
		add_protocol_map(lowering, &chain, &of);
	count_lookups(lowering, group->direction,
		      lookups + (of.plan->cell_count > COMPARISONS_MAX) +
			      (of.plan->protocol_count > 1));
	build_verdict(lowering, &chain, VERDICT_GOTO, of.deny);
	build_chain(lowering, chain);
	build_deny_chain(lowering, of.deny, NULL);
	add_named_chains(lowering, &of);
	return chain.name;
}
