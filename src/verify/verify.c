/*
 * Pairs each group of targets with each class of peers, and compares for one packet of each cell
 * what the words say with what the ruleset does.
 */
#include "verify/verify.h"

#include "ruleset/layout.h"
#include "verify/side.h"

#include <netinet/in.h>

/* Of the protocols without ports, two stand for all: GRE, and ICMP of the packet's family. */
#define PROTOCOL_OTHER 47
#define ICMPV6_ECHO    128

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

/* Does the table accept the packet without asking the destination's policies, which may say no? */
static bool skips_peer(const struct verify_side *side, const struct verify_pairing *pairing,
		       const struct judgement *judgement, uint8_t protocol, uint16_t port)
{
	if (side->direction != EGRESS || side->to_node || !judgement->final)
		return false;
	return !verify_share_pod(side, pairing->target, pairing->peer) ||
	       verify_peer_denies(side, pairing, protocol, port);
}

static struct judgement judge(const struct verify_side *side, const struct packet *packet)
{
	return side->to_node ? evaluate_input(side->evaluator, packet)
			     : evaluate_end(side->evaluator, side->direction == EGRESS, packet);
}

static void compare_packet(struct verify_side *side, const struct verify_pairing *pairing,
			   uint8_t protocol, uint16_t port)
{
	struct verify_result *result = side->result;
	const struct packet packet = packet_of(side, pairing, protocol, port);
	const struct judgement judgement = judge(side, &packet);
	const bool allowed = verify_words_allow(side, pairing, protocol, port);
	const bool skips = skips_peer(side, pairing, &judgement, protocol, port);

	result->comparisons++;
	if (judgement.accepted == allowed && !skips)
		return;
	if (allowed && !judgement.accepted && pairing->may_be_mixed)
		return;
	result->difference_count++;
	if (result->shown == VERIFY_SHOWN)
		return;
	arena_push(
		side->arena, result->differences, result->shown,
		((struct verify_difference){
			.direction = side->direction,
			.to_node = side->to_node,
			.packet = packet,
			.from = (side->direction == EGRESS ? pairing->target : pairing->peer)
					->words,
			.to = (side->direction == EGRESS ? pairing->peer : pairing->target)->words,
			.allowed = allowed,
			.reason = verify_reason(side, pairing, protocol, port),
			.judgement = judgement,
		}));
}

/*
 * Adds the places of the peer's own elements and named ports, which the group's list does not have.
 */
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
		verify_add_named_places(side, &pairing->peer->words, places, count);
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

/*
 * Chooses a target and a member of the class that are not one pod; returns false if there are none.
 */
static bool choose_pair(const struct verify_side *side, const struct target_group *group,
			const struct stretch_class *class, struct verify_pairing *pairing)
{
	const struct stretch *items = side->stretches->items;

	for (size_t i = 0; i < group->target_count && i < 3; i++) {
		pairing->target = &items[group->targets[i]];
		pairing->peer = &items[class->first];
		if (verify_share_pod(side, pairing->target, pairing->peer))
			pairing->peer = &items[class->second];
		if (!verify_share_pod(side, pairing->target, pairing->peer))
			return true;
	}
	return false;
}

static void compare_group(struct verify_side *side, struct target_group *group)
{
	struct table keys = {.arena = side->scratch};

	verify_make_places(side, group);
	for (size_t i = 0; i < side->stretches->class_count; i++) {
		struct verify_pairing pairing = {.group = group};
		struct string key = {0};
		bool added;

		if (!choose_pair(side, group, &side->stretches->classes[i], &pairing))
			continue;
		/* An address of a pod is not taken for an address of a node. */
		if (side->to_node && pairing.peer->words.pod_count)
			continue;
		verify_find_meant(side, &pairing, &key);
		arena_add(side->scratch, &key, verify_is_closed(side, pairing.peer) ? "c|" : "|");
		verify_add_answers(side, &key, &group->way->peer_sets, pairing.peer);
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

	verify_find_meant(side, &pairing, &key);
	compare_cells(side, &pairing);
}

/* Compares every target with every address of its own pods. */
static void compare_itself(struct verify_side *side, const struct target_group *group)
{
	for (size_t i = 0; !side->to_node && i < group->target_count; i++) {
		const struct stretch *target = &side->stretches->items[group->targets[i]];

		for (size_t k = 0; k < target->words.pod_count; k++) {
			const struct pod *pod = &side->objects->pods[target->words.pods[k]];
			const bool is_its_own = verify_has_addr(pod, &target->words.addr);

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

static bool has_ranges(const struct closed_ranges *closed)
{
	return closed->count[V4] || closed->count[V6];
}

/* Finds parts of the table that np2nft did not make, or not with these options: nobody knows what they mean. */
static void find_faults(struct arena *arena, const struct ruleset *ruleset,
			const struct closed_ranges *closed, struct verify_result *result)
{
	if (ruleset->readback.foreign)
		add_fault(arena, result,
			  "the table has flags or a comment that np2nft does not give");
	if (!ruleset->chain_count || !ruleset->chains[0].base)
		add_fault(arena, result, "the table has no base chain of np2nft's");
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct chain *chain = &ruleset->chains[i];

		if (!strcmp(chain->name, CHAIN_CLOSED) && !has_ranges(closed))
			add_fault(arena, result,
				  "the table was made with --closed, and verify was not asked with "
				  "the same --closed");
		if (chain->foreign)
			add_fault(arena, result,
				  arena_printf(arena,
					       "chain %s has a rule that np2nft does not make",
					       chain->name));
		if (!layout_is_in_place(chain))
			add_fault(arena, result,
				  arena_printf(arena,
					       "chain %s is not on the hook that its name says",
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
				    enum direction direction, bool to_node)
{
	struct verify_side *side = arena_alloc(arena, sizeof(*side));

	*side = *shared;
	side->arena = arena;
	side->stretches = stretches;
	side->family = family;
	side->direction = direction;
	side->to_node = to_node;
	side->ways = ways_new(arena, side->ruleset, stretches, family, direction,
			      to_node ? HOOK_INPUT : HOOK_FORWARD);
	side->target_sets = way_target_sets(side->ways);
	verify_make_groups(side);
	side->result->groups += side->group_count;
	return side;
}

/* Can the table deny what a pod sends to its own node? */
static bool has_input_chain(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (chain_is_base(&ruleset->chains[i], HOOK_INPUT))
			return true;
	return false;
}

bool verify(struct arena *arena, const struct objects *objects, const char *node,
	    const struct closed_ranges *closed, const struct ruleset *ruleset,
	    verify_progress progress, void *context, struct verify_result *result)
{
	struct verify_side shared = {
		.objects = objects, .closed = closed, .ruleset = ruleset, .result = result};
	struct verify_side *sides[FAMILIES * (DIRECTIONS + 1)];
	uint64_t done = 0, total = 0;
	size_t count = 0;
	bool whole = true;

	*result = (struct verify_result){0};
	find_faults(arena, ruleset, closed, result);
	if (result->fault_count)
		return true;
	shared.scratch = arena_new();
	shared.words = words_new(arena, objects, node);
	shared.evaluator = evaluator_new(arena, ruleset);
	for (enum family family = V4; family < FAMILIES; family++) {
		const struct stretches *stretches =
			stretches_new(arena, objects, closed, ruleset, family);

		result->classes += stretches->class_count;
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			sides[count++] =
				side_new(arena, &shared, stretches, family, direction, false);
		if (objects->cluster_policy_count || has_input_chain(ruleset))
			sides[count++] = side_new(arena, &shared, stretches, family, EGRESS, true);
	}
	for (size_t i = 0; i < count; i++)
		total += sides[i]->group_count * (uint64_t)sides[i]->stretches->class_count;
	for (size_t i = 0; whole && i < count; i++)
		whole = compare_side(sides[i], progress, context, &done, total);
	arena_free(shared.scratch);
	return whole;
}
