/* Groups of targets against classes of peers, cell by cell. */
#include "verify/verify.h"

#include "base/arena.h"
#include "model/words.h"
#include "verify/ways.h"

#include <netinet/in.h>

/* Protocols without ports that stand for all others: GRE, and ICMP of the family. */
#define PROTOCOL_OTHER 47
#define ICMPV6_ECHO    128

/* What a pod of a group is under in the direction; there is one for each pod at the address. */
struct isolation {
	const uint32_t *policies; /* that isolate it */
	size_t count;
	const uint32_t *tiers; /* cluster policies, in the order in which they are asked */
	size_t tier_count;
};

struct target_group {
	const uint32_t *targets; /* indices to stretches.items */
	size_t target_count;
	const struct isolation *isolations;
	size_t isolation_count;
	bool is_closed; /* its pods share an address and nothing can reach them (words_is_closed()) */
	bool names_ports; /* a rule of the direction asks for a port by its name */
	const struct way *way;
	uint32_t *places; /* where an answer can change for any peer: sorted */
	size_t place_count;
};

/* One family, one direction. */
struct verify_side {
	struct arena *arena;
	struct arena *scratch; /* what one group needs */
	const struct objects *objects;
	const struct words *words;
	const struct ruleset *ruleset;
	const struct evaluator *evaluator;
	const struct stretches *stretches;
	enum family family;
	enum direction direction;
	struct ways *ways;
	struct bits target_sets;
	struct target_group *groups;
	size_t group_count;
	struct growing_targets {
		uint32_t *items;
		size_t count;
	} * targets; /* by group */
	struct verify_result *result;
};

/* The rules of a group's policies that mean one peer. */
struct verify_meant {
	const struct policy_rule *rule;
	size_t isolation; /* which of the group's */
	uint32_t policy;
};

/* The same of cluster policies; in the order in which they are asked. */
struct meant_tier {
	const struct tier_rule *rule;
	size_t isolation;
	uint32_t policy;
};

struct verify_pairing {
	const struct target_group *group;
	const struct stretch *target, *peer;
	struct verify_meant *meant;
	size_t meant_count;
	struct meant_tier *meant_tiers;
	size_t meant_tier_count;
};

static bool has_addr(const struct pod *pod, const struct addr *addr)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		if (!memcmp(&pod->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

/* Are both addresses of one pod?  That pods share an address does not make them one. */
static bool share_pod(const struct verify_side *side, const struct stretch *a,
		      const struct stretch *b)
{
	for (size_t i = 0; i < a->words.pod_count; i++) {
		const struct pod *pod = &side->objects->pods[a->words.pods[i]];

		if (has_addr(pod, &a->words.addr) && has_addr(pod, &b->words.addr))
			return true;
	}
	return false;
}

static const struct policy *policy_at(const struct verify_side *side,
				      const struct isolation *isolation, size_t i)
{
	return &side->objects->policies[isolation->policies[i]];
}

static const struct cluster_policy *tier_policy_at(const struct verify_side *side,
						   const struct isolation *isolation, size_t i)
{
	return &side->objects->cluster_policies[isolation->tiers[i]];
}

/* The elements of an interval set that have the address, each by its number. */
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

/* What the sets in @of say of an address: appended to a key, exactly. */
static void add_answers(const struct verify_side *side, struct string *key, const struct bits *of,
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
		const struct policy *policy = policy_at(side, isolation, i);
		const struct policy_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			if (has_name(rules[k].ports, rules[k].port_count))
				return true;
	}
	for (size_t i = 0; i < isolation->tier_count; i++) {
		const struct cluster_policy *policy = tier_policy_at(side, isolation, i);
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

/* The group's own, without targets; @key tells it from every other. */
static struct target_group describe(struct verify_side *side, const struct stretch *end,
				    struct string *key)
{
	struct isolation *isolations =
		arena_array(side->arena, end->words.pod_count, sizeof(*isolations));
	struct target_group group = {.isolations = isolations,
				     .isolation_count = end->words.pod_count,
				     .is_closed = words_is_closed(side->words, &end->words)};

	add_answers(side, key, &side->target_sets, end);
	arena_add(side->scratch, key, group.is_closed ? "closed" : "");
	for (size_t i = 0; i < end->words.pod_count; i++) {
		isolations[i].policies =
			words_policies(side->arena, side->words, &end->words, end->words.pods[i],
				       side->direction, &isolations[i].count);
		isolations[i].tiers = words_cluster_policies(side->arena, side->words, &end->words,
							     end->words.pods[i], side->direction,
							     &isolations[i].tier_count);
		append_numbers(side, key, isolations[i].policies, isolations[i].count);
		append_numbers(side, key, isolations[i].tiers, isolations[i].tier_count);
		group.names_ports |= names_ports(side, &isolations[i]);
	}
	if (group.names_ports && side->direction == INGRESS)
		arena_append(side->scratch, key, "|%u", end->identity);
	return group;
}

static void make_groups(struct verify_side *side)
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
			group.way = way_through(
				side->ways,
				evaluator_chain(side->evaluator, side->direction == EGRESS,
						side->family, end->words.addr.bytes));
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

/* The numbers that a named port has at these pods. */
static void add_named_places(const struct verify_side *side, const struct words_end *end,
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

/* Of all policies that a pod of the group is under. */
static void add_policy_places(const struct verify_side *side, const struct isolation *isolation,
			      struct target_group *group)
{
	for (size_t i = 0; i < isolation->count; i++) {
		const struct policy *policy = policy_at(side, isolation, i);
		const struct policy_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			add_rule_places(side, rules[k].ports, rules[k].port_count, group);
	}
	for (size_t i = 0; i < isolation->tier_count; i++) {
		const struct cluster_policy *policy = tier_policy_at(side, isolation, i);
		const struct tier_rule *rules = policy->rules[side->direction];

		for (size_t k = 0; k < policy->rule_count[side->direction]; k++)
			add_rule_places(side, rules[k].ports, rules[k].port_count, group);
	}
}

static void make_places(const struct verify_side *side, struct target_group *group)
{
	for (uint32_t rank = 0; rank < 3; rank++)
		arena_push(side->scratch, group->places, group->place_count, rank << 16);
	for (size_t i = 0; i < group->way->place_count; i++)
		arena_push(side->scratch, group->places, group->place_count, group->way->places[i]);
	for (size_t i = 0; i < group->isolation_count; i++)
		add_policy_places(side, &group->isolations[i], group);
	if (group->names_ports && side->direction == INGRESS)
		add_named_places(side, &side->stretches->items[group->targets[0]].words,
				 &group->places, &group->place_count);
	group->place_count = way_sort_places(group->places, group->place_count);
}

static bool means(const struct verify_side *side, const struct policy *policy,
		  const struct peer *peers, size_t count, const struct words_end *end)
{
	for (size_t i = 0; i < count; i++)
		if (words_means(side->words, policy, &peers[i], end))
			return true;
	return !count;
}

/* The rules that mean the peer, of the policies that isolate a pod; a character for each rule goes into the key. */
static void find_meant_policies(const struct verify_side *side, struct verify_pairing *pairing,
				size_t i, struct string *key)
{
	const struct isolation *isolation = &pairing->group->isolations[i];

	for (size_t k = 0; k < isolation->count; k++) {
		const struct policy *policy = policy_at(side, isolation, k);

		for (size_t r = 0; r < policy->rule_count[side->direction]; r++) {
			const struct policy_rule *rule = &policy->rules[side->direction][r];
			const bool is_meant = means(side, policy, rule->peers, rule->peer_count,
						    &pairing->peer->words);

			arena_add(side->scratch, key, is_meant ? "1" : "0");
			if (is_meant)
				arena_push(
					side->scratch, pairing->meant, pairing->meant_count,
					((struct verify_meant){rule, i, isolation->policies[k]}));
		}
	}
}

/* A rule that is closed denies everything, or accepts nothing. */
static bool tier_means(const struct verify_side *side, const struct tier_rule *rule,
		       const struct words_end *end)
{
	if (rule->is_closed)
		return rule->action != ACTION_ACCEPT;
	return means(side, NULL, rule->peers, rule->peer_count, end);
}

static void find_meant_tiers(const struct verify_side *side, struct verify_pairing *pairing,
			     size_t i, struct string *key)
{
	const struct isolation *isolation = &pairing->group->isolations[i];

	for (size_t k = 0; k < isolation->tier_count; k++) {
		const struct cluster_policy *policy = tier_policy_at(side, isolation, k);

		for (size_t r = 0; r < policy->rule_count[side->direction]; r++) {
			const struct tier_rule *rule = &policy->rules[side->direction][r];
			const bool is_meant = tier_means(side, rule, &pairing->peer->words);

			arena_add(side->scratch, key, is_meant ? "1" : "0");
			if (is_meant)
				arena_push(side->scratch, pairing->meant_tiers,
					   pairing->meant_tier_count,
					   ((struct meant_tier){rule, i, isolation->tiers[k]}));
		}
	}
}

static void find_meant(const struct verify_side *side, struct verify_pairing *pairing,
		       struct string *key)
{
	for (size_t i = 0; i < pairing->group->isolation_count; i++) {
		find_meant_policies(side, pairing, i, key);
		find_meant_tiers(side, pairing, i, key);
	}
}

/*
 * Where names of ports are looked up: to the target's own policies a name means what it means for the pod itself,
 * which @own is put to.
 */
static const struct words_end *destination_of(const struct verify_side *side,
					      const struct verify_pairing *pairing,
					      size_t isolation, struct words_end *own)
{
	*own = pairing->target->words;
	own->pods = &pairing->target->words.pods[isolation];
	own->pod_count = 1;
	return side->direction == EGRESS ? &pairing->peer->words : own;
}

/* The rule that lets the packet past the policies of one pod, or NULL. */
static const struct verify_meant *rule_for(const struct verify_side *side,
					   const struct verify_pairing *pairing, size_t isolation,
					   uint8_t protocol, uint16_t port)
{
	struct words_end own;
	const struct words_end *destination = destination_of(side, pairing, isolation, &own);

	for (size_t i = 0; i < pairing->meant_count; i++)
		if (pairing->meant[i].isolation == isolation &&
		    words_has_port(side->words, pairing->meant[i].rule->ports,
				   pairing->meant[i].rule->port_count, destination, protocol, port))
			return &pairing->meant[i];
	return NULL;
}

/* The rule of a tier that decides about the packet for one pod; NULL: none matches. */
static const struct meant_tier *tier_rule_for(const struct verify_side *side,
					      const struct verify_pairing *pairing,
					      size_t isolation, enum tier tier, uint8_t protocol,
					      uint16_t port)
{
	struct words_end own;
	const struct words_end *destination = destination_of(side, pairing, isolation, &own);

	for (size_t i = 0; i < pairing->meant_tier_count; i++) {
		const struct meant_tier *meant = &pairing->meant_tiers[i];

		if (meant->isolation == isolation &&
		    side->objects->cluster_policies[meant->policy].tier == tier &&
		    words_has_port(side->words, meant->rule->ports, meant->rule->port_count,
				   destination, protocol, port))
			return meant;
	}
	return NULL;
}

static enum action action_of(const struct meant_tier *meant)
{
	if (!meant)
		return ACTION_PASS;
	return meant->rule->is_closed ? ACTION_DENY : meant->rule->action;
}

/* Do the policies of one pod allow it?  @itself: it is one that a Service led back to the pod. */
static bool pod_allows(const struct verify_side *side, const struct verify_pairing *pairing,
		       size_t i, bool itself, uint8_t protocol, uint16_t port)
{
	const enum action admin =
		action_of(tier_rule_for(side, pairing, i, TIER_ADMIN, protocol, port));

	if (admin != ACTION_PASS)
		return admin == ACTION_ACCEPT;
	if (pairing->group->isolations[i].count)
		return itself || rule_for(side, pairing, i, protocol, port);
	return action_of(tier_rule_for(side, pairing, i, TIER_BASELINE, protocol, port)) !=
	       ACTION_DENY;
}

static bool words_allow(const struct verify_side *side, const struct verify_pairing *pairing,
			uint8_t protocol, uint16_t port)
{
	const bool itself = share_pod(side, pairing->target, pairing->peer);

	if (pairing->group->is_closed)
		return itself;
	for (size_t i = 0; i < pairing->group->isolation_count; i++)
		if (!pod_allows(side, pairing, i, itself, protocol, port))
			return false;
	return true;
}

static const char *tier_reason(const struct verify_side *side, const struct meant_tier *meant)
{
	static const char *const say[] = {
		[ACTION_ACCEPT] = "accepts", [ACTION_DENY] = "denies", [ACTION_PASS] = "passes"};
	const struct cluster_policy *policy = &side->objects->cluster_policies[meant->policy];

	return arena_printf(side->arena, "a rule of %s (%s) %s it (%s:%zu)", policy->name,
			    policy->tier == TIER_ADMIN ? "Admin" : "Baseline",
			    say[action_of(meant)], meant->rule->mark.file,
			    (size_t)meant->rule->mark.line);
}

/* Of policies that isolate the pod. */
static const char *isolation_reason(const struct verify_side *side,
				    const struct verify_pairing *pairing, size_t i,
				    uint8_t protocol, uint16_t port)
{
	const struct isolation *isolation = &pairing->group->isolations[i];
	const struct verify_meant *meant = rule_for(side, pairing, i, protocol, port);
	const struct pod *pod = &side->objects->pods[pairing->target->words.pods[i]];
	struct string text = {0};

	if (share_pod(side, pairing->target, pairing->peer))
		return "a pod may always reach itself";
	if (meant) {
		const struct policy *policy = &side->objects->policies[meant->policy];

		return arena_printf(side->arena, "a rule of %s/%s allows it (%s:%zu)",
				    policy->namespace, policy->name, meant->rule->mark.file,
				    (size_t)meant->rule->mark.line);
	}
	arena_append(side->arena, &text,
		     "%s/%s is isolated for %s and no rule allows it:", pod->namespace, pod->name,
		     direction_text(side->direction));
	for (size_t k = 0; k < isolation->count; k++)
		arena_append(side->arena, &text, "%s %s/%s", k ? "," : "",
			     policy_at(side, isolation, k)->namespace,
			     policy_at(side, isolation, k)->name);
	return text.text;
}

/* What decides for one pod. */
static const char *pod_reason(const struct verify_side *side, const struct verify_pairing *pairing,
			      size_t i, uint8_t protocol, uint16_t port)
{
	const struct meant_tier *admin =
		tier_rule_for(side, pairing, i, TIER_ADMIN, protocol, port);
	const struct meant_tier *baseline =
		tier_rule_for(side, pairing, i, TIER_BASELINE, protocol, port);
	const struct pod *pod = &side->objects->pods[pairing->target->words.pods[i]];

	if (action_of(admin) != ACTION_PASS)
		return tier_reason(side, admin);
	if (pairing->group->isolations[i].count)
		return isolation_reason(side, pairing, i, protocol, port);
	if (baseline)
		return tier_reason(side, baseline);
	if (share_pod(side, pairing->target, pairing->peer))
		return "a pod may always reach itself";
	return arena_printf(side->arena, "no policy isolates %s/%s for %s", pod->namespace,
			    pod->name, direction_text(side->direction));
}

/* Why the words say so. */
static const char *reason_of(const struct verify_side *side, const struct verify_pairing *pairing,
			     uint8_t protocol, uint16_t port)
{
	struct string text = {0};

	if (pairing->group->is_closed)
		return "pods under different policies, cluster policies among them, share the "
		       "address";
	for (size_t i = 0; i < pairing->group->isolation_count; i++) {
		const char *reason = pod_reason(side, pairing, i, protocol, port);

		if (!i || !share_pod(side, pairing->target, pairing->peer))
			arena_append(side->arena, &text, "%s%s", i ? "; " : "", reason);
	}
	return text.len ? text.text : "no pod of the node is at this end";
}

static struct packet packet_of(const struct verify_side *side, const struct verify_pairing *pairing,
			       uint8_t protocol, uint16_t port)
{
	const struct stretch *from = side->direction == EGRESS ? pairing->target : pairing->peer;
	const struct stretch *to = side->direction == EGRESS ? pairing->peer : pairing->target;
	struct packet packet = {.family = side->family, .protocol = protocol, .dport = port};

	memcpy(packet.saddr, from->words.addr.bytes, sizeof(packet.saddr));
	memcpy(packet.daddr, to->words.addr.bytes, sizeof(packet.daddr));
	if (protocol == IPPROTO_ICMPV6)
		packet.icmpv6_type = ICMPV6_ECHO;
	return packet;
}

/* Does a tier deny at the other end what comes back to the pod? */
static bool peer_denies(const struct verify_side *side, const struct verify_pairing *pairing,
			uint8_t protocol, uint16_t port)
{
	const struct words_end *end = &pairing->peer->words;
	struct verify_side other = *side;
	struct isolation *isolations =
		arena_array(side->scratch, end->pod_count, sizeof(*isolations));
	const struct target_group group = {.isolations = isolations,
					   .isolation_count = end->pod_count};
	struct verify_pairing back = {
		.group = &group, .target = pairing->peer, .peer = pairing->target};
	struct string key = {0};
	bool denies = false;

	other.direction = side->direction == EGRESS ? INGRESS : EGRESS;
	for (size_t i = 0; i < end->pod_count; i++) {
		isolations[i].tiers =
			words_cluster_policies(side->scratch, side->words, end, end->pods[i],
					       other.direction, &isolations[i].tier_count);
		isolations[i].policies =
			words_policies(side->scratch, side->words, end, end->pods[i],
				       other.direction, &isolations[i].count);
	}
	if (words_is_closed(side->words, end))
		return false;
	find_meant(&other, &back, &key);
	for (size_t i = 0; i < end->pod_count; i++)
		denies |= !pod_allows(&other, &back, i, true, protocol, port);
	return denies;
}

/* Does the table not ask for the destination's policies, though they could say no? */
static bool skips_peer(const struct verify_side *side, const struct verify_pairing *pairing,
		       const struct judgement *judgement, uint8_t protocol, uint16_t port)
{
	if (side->direction != EGRESS || !judgement->final)
		return false;
	return !share_pod(side, pairing->target, pairing->peer) ||
	       peer_denies(side, pairing, protocol, port);
}

static void compare_packet(struct verify_side *side, const struct verify_pairing *pairing,
			   uint8_t protocol, uint16_t port)
{
	struct verify_result *result = side->result;
	const struct packet packet = packet_of(side, pairing, protocol, port);
	const struct judgement judgement =
		evaluate_end(side->evaluator, side->direction == EGRESS, &packet);
	const bool allowed = words_allow(side, pairing, protocol, port);
	const bool skips = skips_peer(side, pairing, &judgement, protocol, port);

	result->comparisons++;
	if (judgement.accepted == allowed && !skips)
		return;
	result->difference_count++;
	if (result->shown == VERIFY_SHOWN)
		return;
	arena_push(
		side->arena, result->differences, result->shown,
		((struct verify_difference){
			.direction = side->direction,
			.packet = packet,
			.from = (side->direction == EGRESS ? pairing->target : pairing->peer)
					->words,
			.to = (side->direction == EGRESS ? pairing->peer : pairing->target)->words,
			.allowed = allowed,
			.reason = reason_of(side, pairing, protocol, port),
			.judgement = judgement,
		}));
}

/* Ports of the peer's own elements, and of its named ports, which the group's list does not have. */
static bool add_peer_places(const struct verify_side *side, const struct verify_pairing *pairing,
			    uint32_t **places, size_t *count)
{
	const struct bits *sets = &pairing->group->way->peer_sets;

	*count = 0;
	for (size_t i = 0; i < pairing->peer->element_count; i++)
		if (bits_has(sets, pairing->peer->elements[i].set))
			way_add_element(side->scratch,
					side->stretches->sets[pairing->peer->elements[i].set],
					pairing->peer->elements[i].element, places, count);
	if (pairing->group->names_ports && side->direction == EGRESS)
		add_named_places(side, &pairing->peer->words, places, count);
	if (!*count)
		return false;
	for (size_t i = 0; i < pairing->group->place_count; i++)
		arena_push(side->scratch, *places, *count, pairing->group->places[i]);
	*count = way_sort_places(*places, *count);
	return true;
}

static void compare_cells(struct verify_side *side, const struct verify_pairing *pairing)
{
	static const uint8_t protocols[] = {TCP, UDP, SCTP};
	uint32_t *own = NULL;
	const uint32_t *places = pairing->group->places;
	size_t count;

	if (add_peer_places(side, pairing, &own, &count)) {
		places = own;
	} else {
		count = pairing->group->place_count;
	}
	for (size_t i = 0; i < count; i++)
		compare_packet(side, pairing, protocols[places[i] >> 16], (uint16_t)places[i]);
	compare_packet(side, pairing, side->family == V4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, 0);
	compare_packet(side, pairing, PROTOCOL_OTHER, 0);
}

/* A target and a member of the class that are not one pod; false if there are none. */
static bool choose_pair(const struct verify_side *side, const struct target_group *group,
			const struct stretch_class *class, struct verify_pairing *pairing)
{
	const struct stretch *items = side->stretches->items;

	for (size_t i = 0; i < group->target_count && i < 3; i++) {
		pairing->target = &items[group->targets[i]];
		pairing->peer = &items[class->first];
		if (share_pod(side, pairing->target, pairing->peer))
			pairing->peer = &items[class->second];
		if (!share_pod(side, pairing->target, pairing->peer))
			return true;
	}
	return false;
}

static void compare_group(struct verify_side *side, struct target_group *group)
{
	struct table keys = {.arena = side->scratch};

	make_places(side, group);
	for (size_t i = 0; i < side->stretches->class_count; i++) {
		struct verify_pairing pairing = {.group = group};
		struct string key = {0};
		bool added;

		if (!choose_pair(side, group, &side->stretches->classes[i], &pairing))
			continue;
		find_meant(side, &pairing, &key);
		arena_add(side->scratch, &key, "|");
		add_answers(side, &key, &group->way->peer_sets, pairing.peer);
		if (group->names_ports && side->direction == EGRESS)
			arena_append(side->scratch, &key, "|%u", pairing.peer->identity);
		table_keep(&keys, key.text, key.len, &added);
		if (added)
			compare_cells(side, &pairing);
	}
}

static void compare_to(struct verify_side *side, const struct target_group *group,
		       const struct stretch *target, const struct stretch *peer)
{
	struct verify_pairing pairing = {.group = group, .target = target, .peer = peer};
	struct string key = {0};

	find_meant(side, &pairing, &key);
	compare_cells(side, &pairing);
}

/* Every target with every address of its own pods. */
static void compare_itself(struct verify_side *side, const struct target_group *group)
{
	for (size_t i = 0; i < group->target_count; i++) {
		const struct stretch *target = &side->stretches->items[group->targets[i]];

		for (size_t k = 0; k < target->words.pod_count; k++) {
			const struct pod *pod = &side->objects->pods[target->words.pods[k]];
			const bool is_its_own = has_addr(pod, &target->words.addr);

			for (size_t a = 0; is_its_own && a < pod->addr_count; a++)
				if (pod->addrs[a].family == side->family)
					compare_to(side, group, target,
						   stretches_find(side->stretches, &pod->addrs[a]));
		}
	}
}

static bool compare_side(struct verify_side *side, verify_progress progress, void *context,
			 uint64_t *done, uint64_t total)
{
	for (size_t i = 0; i < side->group_count; i++) {
		compare_group(side, &side->groups[i]);
		compare_itself(side, &side->groups[i]);
		side->groups[i].places = NULL;
		arena_reset(side->scratch);
		*done += side->stretches->class_count;
		if (progress && !progress(context, *done, total))
			return false;
	}
	return true;
}

static void add_fault(struct arena *arena, struct verify_result *result, const char *fault)
{
	arena_push(arena, result->faults, result->fault_count, fault);
}

/* What is not of our cutting has a meaning that nobody here knows. */
static void find_faults(struct arena *arena, const struct ruleset *ruleset,
			struct verify_result *result)
{
	if (ruleset->readback.foreign)
		add_fault(arena, result,
			  "the table has flags or a comment that np2nft does not give");
	if (!ruleset->chain_count || !ruleset->chains[0].base)
		add_fault(arena, result, "the table has no base chain of np2nft's");
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];

		if (chain->foreign)
			add_fault(arena, result,
				  arena_printf(arena,
					       "chain %s has a rule that np2nft does not make",
					       chain->name));
		if (chain->elsewhere)
			add_fault(arena, result,
				  arena_printf(arena,
					       "chain %s is on a hook that np2nft does not use",
					       chain->name));
	}
	for (size_t i = 0; i < ruleset->set_count; i++)
		if (ruleset->sets[i].foreign)
			add_fault(arena, result,
				  arena_printf(arena, "set %s is none that np2nft makes",
					       ruleset->sets[i].name));
}

static struct verify_side *side_new(struct arena *arena, const struct verify_side *shared,
				    const struct stretches *stretches, enum family family,
				    enum direction direction)
{
	struct verify_side *side = arena_alloc(arena, sizeof(*side));

	*side = *shared;
	side->arena = arena;
	side->stretches = stretches;
	side->family = family;
	side->direction = direction;
	side->ways = ways_new(arena, side->ruleset, stretches, family, direction);
	side->target_sets = way_target_sets(side->ways);
	make_groups(side);
	side->result->groups += side->group_count;
	return side;
}

bool verify(struct arena *arena, const struct objects *objects, const char *node,
	    const struct ruleset *ruleset, verify_progress progress, void *context,
	    struct verify_result *result)
{
	struct verify_side shared = {.objects = objects, .ruleset = ruleset, .result = result};
	struct verify_side *sides[FAMILIES * DIRECTIONS];
	uint64_t done = 0, total = 0;
	size_t count = 0;
	bool whole = true;

	*result = (struct verify_result){0};
	find_faults(arena, ruleset, result);
	if (result->fault_count)
		return true;
	shared.scratch = arena_new();
	shared.words = words_new(arena, objects, node);
	shared.evaluator = evaluator_new(arena, ruleset);
	for (enum family family = V4; family < FAMILIES; family++) {
		const struct stretches *stretches = stretches_new(arena, objects, ruleset, family);

		result->classes += stretches->class_count;
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
			sides[count] = side_new(arena, &shared, stretches, family, direction);
			total += sides[count]->group_count * (uint64_t)stretches->class_count;
			count++;
		}
	}
	for (size_t i = 0; whole && i < count; i++)
		whole = compare_side(sides[i], progress, context, &done, total);
	arena_free(shared.scratch);
	return whole;
}
