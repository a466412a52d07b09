/*
 * Targets are one group if the same sets and elements of the ruleset have them, and the words have them under the same
 * policies.  A group's places are the ports at which an answer about it can change.
 */
#include "verify/side.h"

/* Appends the numbers of those elements of an interval set that have the address to a key. */
static void add_intervals(const struct verify_side *side, struct string *key, uint32_t number,
			  const struct stretch *end)
{
	const struct set *set = side->stretches->sets[number];
	const int offset = set_addr_offset(set, side->family);
	const size_t len = set_key_len(set), addr_len = family_len(side->family);

	/* Ranges of addresses, which are disjoint. */
	if (set_is_of_ranges(set) && offset == 0) {
		arena_append(side->scratch, key, "%u.%zu ", number,
			     set_find_range(set, end->words.addr.bytes));
		return;
	}
	for (size_t i = 0; i < set->count; i++)
		if (memcmp(set->keys + i * len + offset, end->words.addr.bytes, addr_len) <= 0 &&
		    memcmp(end->words.addr.bytes, set->ends + i * len + offset, addr_len) <= 0)
			arena_append(side->scratch, key, "%u.%zu ", number, i);
}

void verify_add_answers(const struct verify_side *side, struct string *key, const struct bits *of,
			const struct stretch *end)
{
	for (size_t i = 0; i < end->element_count; i++)
		if (bits_has(of, end->elements[i].set))
			arena_append(side->scratch, key, "%u ", end->elements[i].meaning);
	for (size_t number = bits_next(of, 0); number < of->size;
	     number = bits_next(of, number + 1))
		if (side->stretches->sets[number]->interval)
			add_intervals(side, key, (uint32_t)number, end);
}

static bool has_name(const struct port *ports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i].name)
			return true;
	return false;
}

/* Does any rule of these policies ask for a port by its name? */
static bool names_ports(const struct verify_side *side, const struct isolation *isolation)
{
	for (size_t i = 0; i < isolation->count; i++) {
		const struct policy *policy = verify_policy(side, isolation, i);
		const struct policy_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			if (has_name(rules[k].ports, rules[k].port_count))
				return true;
	}
	for (size_t i = 0; i < isolation->tier_count; i++) {
		const struct cluster_policy *policy = verify_tier_policy(side, isolation, i);
		const struct tier_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			if (has_name(rules[k].ports, rules[k].port_count))
				return true;
	}
	return false;
}

static void append_numbers(const struct verify_side *side, struct string *key,
			   const uint32_t *numbers, size_t count)
{
	arena_add(side->scratch, key, "/");
	for (size_t i = 0; i < count; i++)
		arena_append(side->scratch, key, "%u ", numbers[i]);
}

/*
 * NetworkPolicies do not bind what a pod sends to its own node, so none of them counts there. But
 * pods that they isolate are under no Baseline there, either.
 */
static void forget_policies(const struct verify_side *side, struct isolation *isolation)
{
	if (isolation->count)
		for (size_t i = isolation->tier_count; i-- > 0;)
			if (verify_tier_policy(side, isolation, i)->tier == TIER_BASELINE)
				isolation->tier_count = i;
	isolation->count = 0;
}

static struct isolation isolation_of(const struct verify_side *side, const struct words_end *end,
				     uint32_t pod)
{
	struct isolation isolation;

	isolation.policies = words_policies(side->arena, side->words, end, pod, side->direction,
					    &isolation.count);
	isolation.tiers = words_cluster_policies(side->arena, side->words, end, pod,
						 side->direction, &isolation.tier_count);
	if (side->to_node)
		forget_policies(side, &isolation);
	return isolation;
}

/* Makes a group without targets.  @key is different for every group. */
static struct target_group describe(struct verify_side *side, const struct stretch *end,
				    struct string *key)
{
	struct isolation *isolations =
		arena_array(side->arena, end->words.pod_count, sizeof(*isolations));
	struct target_group group = {
		.isolations = isolations,
		.isolation_count = end->words.pod_count,
		.is_closed = side->to_node ? words_is_closed_to_node(side->words, &end->words)
					   : words_is_closed(side->words, &end->words)};

	verify_add_answers(side, key, &side->target_sets, end);
	arena_add(side->scratch, key, group.is_closed ? "closed" : "");
	arena_add(side->scratch, key, verify_is_closed(side, end) ? "closed range" : "");
	for (size_t i = 0; i < end->words.pod_count; i++) {
		isolations[i] = isolation_of(side, &end->words, end->words.pods[i]);
		append_numbers(side, key, isolations[i].policies, isolations[i].count);
		append_numbers(side, key, isolations[i].tiers, isolations[i].tier_count);
		group.names_ports |= names_ports(side, &isolations[i]);
	}
	if (group.names_ports && side->direction == INGRESS)
		arena_append(side->scratch, key, "|%u", end->identity);
	return group;
}

void verify_make_groups(struct verify_side *side)
{
	struct table keys = {.arena = side->arena};

	for (size_t i = 0; i < side->stretches->count; i++) {
		const struct stretch *end = &side->stretches->items[i];
		struct string key = {0};
		struct target_group group = describe(side, end, &key);
		size_t targets = side->group_count;
		bool added;
		const uint32_t number = table_add(&keys, key.text ? key.text : "", key.len, &added);

		if (added) {
			group.way = way_of(side->ways, &end->words.addr);
			arena_push(side->arena, side->targets, targets,
				   (struct growing_targets){0});
			arena_push(side->arena, side->groups, side->group_count, group);
		}
		arena_push(side->arena, side->targets[number].items, side->targets[number].count,
			   (uint32_t)i);
		arena_reset(side->scratch);
	}
	for (size_t i = 0; i < side->group_count; i++) {
		side->groups[i].targets = side->targets[i].items;
		side->groups[i].target_count = side->targets[i].count;
	}
}

void verify_add_named_places(const struct verify_side *side, const struct words_end *end,
			     uint32_t **places, size_t *count)
{
	for (size_t i = 0; i < end->pod_count; i++) {
		const struct pod *pod = &side->objects->pods[end->pods[i]];

		for (size_t k = 0; k < pod->port_count; k++)
			way_add_ports(side->scratch, (uint8_t)pod->ports[k].protocol,
				      pod->ports[k].number, pod->ports[k].number, places, count);
	}
}

static void add_rule_places(const struct verify_side *side, const struct port *ports, size_t count,
			    struct target_group *group)
{
	for (size_t i = 0; i < count; i++)
		if (!ports[i].name)
			way_add_ports(side->scratch, (uint8_t)ports[i].protocol, ports[i].first,
				      ports[i].last, &group->places, &group->place_count);
}

/* Collects the places of all policies that a pod of the group is under. */
static void add_policy_places(const struct verify_side *side, const struct isolation *isolation,
			      struct target_group *group)
{
	for (size_t i = 0; i < isolation->count; i++) {
		const struct policy *policy = verify_policy(side, isolation, i);
		const struct policy_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			add_rule_places(side, rules[k].ports, rules[k].port_count, group);
	}
	for (size_t i = 0; i < isolation->tier_count; i++) {
		const struct cluster_policy *policy = verify_tier_policy(side, isolation, i);
		const struct tier_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			add_rule_places(side, rules[k].ports, rules[k].port_count, group);
	}
}

void verify_make_places(const struct verify_side *side, struct target_group *group)
{
	for (uint32_t rank = 0; rank < 3; rank++)
		arena_push(side->scratch, group->places, group->place_count, rank << 16);
	for (size_t i = 0; i < group->way->place_count; i++)
		arena_push(side->scratch, group->places, group->place_count, group->way->places[i]);
	for (size_t i = 0; i < group->isolation_count; i++)
		add_policy_places(side, &group->isolations[i], group);
	if (group->names_ports && side->direction == INGRESS)
		verify_add_named_places(side, &side->stretches->items[group->targets[0]].words,
					&group->places, &group->place_count);
	group->place_count = way_sort_places(group->places, group->place_count);
}
