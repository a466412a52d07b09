/*
 * Makes the chains that every ruleset has: the base chain, and those for packets that no policy
 * denies (from a pod to itself, neighbour discovery, packets that stay on a link).  lower/group.c
 * makes the chains of each group.
 */
#include "lower/lower.h"

#include "base/arena.h"
#include "base/bits.h"
#include "lower/build.h"
#include "lower/group.h"
#include "lower/sets.h"
#include "ruleset/layout.h"

static void give_node_verdict(struct lowering *lowering, uint32_t pod, const char *chain)
{
	const size_t pods = lowering->resolved->objects->pod_count;

	if (!lowering->node_verdict_of)
		lowering->node_verdict_of =
			arena_array(lowering->arena, pods, sizeof(struct verdict));
	lowering->node_verdict_of[pod] = (struct verdict){VERDICT_JUMP, chain};
}

/* Adds the verdicts about what the pods of an egress group send to their own node. */
static void add_node_group(struct lowering *lowering, const struct group *group)
{
	const char *chain = group->direction == EGRESS ? lower_node_group(lowering, group) : NULL;

	for (size_t i = 0; chain && i < group->pod_count; i++)
		give_node_verdict(lowering, group->pods[i], chain);
}

/*
 * Closes pods that share an address to their own node, if it cannot be said what their cluster policies deny them
 * there.
 */
static void add_closed_to_node(struct lowering *lowering)
{
	const struct objects *objects = lowering->resolved->objects;
	static const char chain[] = CHAIN_NODE CHAIN_MIXED CHAIN_DENY;
	bool any = false;

	for (uint32_t pod = 0; pod < objects->pod_count; pod++) {
		if (!objects->pods[pod].is_closed_to_node ||
		    lowering->verdict_of[EGRESS][pod].kind == VERDICT_NONE)
			continue;
		give_node_verdict(lowering, pod, chain);
		any = true;
	}
	if (any)
		build_tier_deny_chain(lowering, chain, DECIDER_SHARING);
}

/* Returns the verdict that sends packets of a group's pods to their first chain. */
static struct verdict group_verdict(const struct group *group, const char *chain)
{
	return (struct verdict){group->direction == INGRESS ? VERDICT_GOTO : VERDICT_JUMP, chain};
}

/*
 * The pods of a group that denies nothing, when it is known which are isolated in the other direction: that they are
 * free in this one stays as it is.
 */
static void add_audited(struct lowering *lowering, const struct group *group, const char *chain,
			struct verdict *verdict_of)
{
	const char *free = NULL;

	lowering->group = group;
	for (size_t i = 0; i < group->pod_count; i++) {
		struct verdict *verdict = &verdict_of[group->pods[i]];

		if (verdict->kind != VERDICT_NONE && !free)
			free = lower_audit_free(lowering, chain);
		*verdict = group_verdict(group, verdict->kind == VERDICT_NONE ? chain : free);
	}
	lowering->group = NULL;
}

static void add_groups(struct lowering *lowering)
{
	const struct resolved *resolved = lowering->resolved;
	size_t pods = resolved->objects->pod_count;
	struct verdict *verdict_of[DIRECTIONS];
	bool *is_open = arena_array(lowering->arena, pods, sizeof(*is_open));
	const char **chains = arena_array(lowering->arena, resolved->group_count, sizeof(*chains));

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		lowering->verdict_of[direction] = verdict_of[direction] =
			arena_array(lowering->arena, pods, sizeof(struct verdict));
	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];
		struct verdict verdict;
		bool open;

		chains[i] = lower_group(lowering, group, &open);
		verdict = group_verdict(group, chains[i]);
		add_node_group(lowering, group);
		for (size_t k = 0; k < group->pod_count && !group_denies_nothing(group); k++) {
			verdict_of[group->direction][group->pods[k]] = verdict;
			is_open[group->pods[k]] = open;
		}
		arena_reset(lowering->scratch);
	}
	/*
	 * A pod that is isolated in one direction is free in the other, except for TCP that begins
	 * midway.  If its policies allow everything, they have ended no connection, so none can
	 * come back.
	 */
	for (size_t pod = 0; pod < pods; pod++) {
		struct verdict *in = &verdict_of[INGRESS][pod], *out = &verdict_of[EGRESS][pod];

		if (is_open[pod])
			continue;
		if (in->kind == VERDICT_NONE && out->kind != VERDICT_NONE)
			*in = (struct verdict){VERDICT_GOTO, CHAIN_FREE};
		else if (out->kind == VERDICT_NONE && in->kind != VERDICT_NONE)
			*out = (struct verdict){VERDICT_JUMP, CHAIN_FREE};
	}
	for (size_t i = 0; i < resolved->group_count; i++)
		if (group_denies_nothing(&resolved->groups[i]))
			add_audited(lowering, &resolved->groups[i], chains[i],
				    verdict_of[resolved->groups[i].direction]);
}

#define ICMPV6_TYPES(numbers)                                                                      \
	{                                                                                          \
		.fields = {FIELD_ICMPV6_TYPE}, .field_count = 1, .count = sizeof(numbers),         \
		.keys = numbers,                                                                   \
	}

/*
 * Adds the chain for packets from a pod to itself, and from neighbours on a bridge that look for
 * each other (RFC 4861).  Router advertisements and redirects are not in it: only the node may send
 * those to pods, and what it sends is not forwarded.
 */
static void add_always_chain(struct lowering *lowering)
{
	struct chain chain = {
		.name = CHAIN_ALWAYS,
		.comment = "what no policy stops: a pod to itself, IPv6 neighbour discovery",
	};

	for (enum family family = V4; family < FAMILIES; family++) {
		struct rule rule;

		build_fill_set(lowering, lowering->self_sets[family],
			       lower_self_set(lowering->arena, lowering->scratch,
					      lowering->resolved, &lowering->forms, family,
					      lowering->verdict_of));
		rule = build_lookup(lowering, lowering->self_sets[family]);
		rule.verdict.kind = VERDICT_ACCEPT;
		build_rule(lowering, &chain, rule);
	}
	build_rule(lowering, &chain, accept_from_neighbours(255, &neighbour_discovery));
	build_chain(lowering, chain);
}

static bool denies_any(const struct lowering *lowering, enum direction direction)
{
	const size_t pods = lowering->resolved->objects->pod_count;

	for (size_t pod = 0; pod < pods; pod++)
		if (bits_has(lowering->resolved->denied[direction], pod))
			return true;
	return false;
}

/*
 * Adds the chains for packets that do not leave their link (ruleset/layout.c), whose addresses do
 * not tell which pods they concern.  If any pod is isolated for ingress, or denied something there,
 * it may be among the receivers; if any pod is so for egress, a packet with a link-local source may
 * be from it.
 */
static void add_link_chains(struct lowering *lowering)
{
	static const uint8_t queries_and_reports[] = {130, 131, 132, 143};
	static const struct set mld = ICMPV6_TYPES(queries_and_reports);
	struct chain link = {
		.name = CHAIN_LINK,
		.comment =
			"what does not leave the link of a bridge, and may concern any pod there",
	};
	struct chain reports = {.name = CHAIN_MLD,
				.comment = "MLD: who listens to which group of IPv6"};

	build_rule(lowering, &link,
		   (struct rule){.kind = RULE_LOOKUP,
				 .fields = {FIELD_IP6_SADDR},
				 .field_count = 1,
				 .set = &layout_from_link,
				 .verdict = {VERDICT_JUMP, CHAIN_MLD}});
	if (denies_any(lowering, INGRESS))
		build_verdict(lowering, &link, VERDICT_GOTO, CHAIN_LINK CHAIN_DENY);
	else if (denies_any(lowering, EGRESS))
		build_rule(lowering, &link,
			   (struct rule){.kind = RULE_LOOKUP,
					 .fields = {FIELD_IP6_SADDR},
					 .field_count = 1,
					 .set = &layout_from_link,
					 .verdict = {VERDICT_GOTO, CHAIN_LINK CHAIN_DENY}});
	build_chain(lowering, link);
	build_drop_chain(lowering, CHAIN_LINK CHAIN_DENY);
	build_rule(lowering, &reports, accept_from_neighbours(1, &mld));
	build_chain(lowering, reports);
}

/*
 * Adds the chains for TCP segments that are new to conntrack but open no connection.  Such a
 * segment belongs to a connection that was ended, or that began before there was tracking.
 *
 * If the server sent it, conntrack takes it for the beginning of a connection in the other
 * direction, which may be free, and then takes the client's segments for replies, so that a
 * connection that was ended would come back.  If the client sent it, conntrack is right about it,
 * and the pod's policies decide as about a new connection.
 *
 * The segment does not tell which end sent it, but its ports do: clients use ports from 32768 on,
 * unless they ask for another one, and servers listen below.
 */
static void add_midstream_chains(struct lowering *lowering)
{
	static const uint8_t keys[8] = {FIRST_CLIENT_PORT >> 8},
			     ends[8] = {0xff, 0xff, 0, 0, 0x7f, 0xff};
	static const struct set from_client = {.fields = {FIELD_TH_SPORT, FIELD_TH_DPORT},
					       .field_count = 2,
					       .interval = true,
					       .count = 1,
					       .keys = keys,
					       .ends = ends};
	struct chain chain = {
		.name = CHAIN_FREE,
		.comment = "pods that no policy isolates in this direction",
	};
	struct chain midstream = {
		.name = CHAIN_MIDSTREAM,
		.comment = "TCP of isolated pods that is new here, but does not begin with a SYN",
	};

	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_NOT_SYN, .verdict = {VERDICT_JUMP, CHAIN_MIDSTREAM}});
	build_chain(lowering, chain);
	build_rule(lowering, &midstream,
		   (struct rule){.kind = RULE_LOOKUP,
				 .fields = {FIELD_TH_SPORT, FIELD_TH_DPORT},
				 .field_count = 2,
				 .set = &from_client,
				 .verdict = {VERDICT_RETURN, NULL},
				 .comment = "a client's, as its ports say"});
	/*
	 * If there are cluster policies, they may deny what a pod sends to itself, so nothing is
	 * spared here.
	 */
	if (!lowering->resolved->has_tiers[INGRESS] && !lowering->resolved->has_tiers[EGRESS])
		build_verdict(lowering, &midstream, VERDICT_JUMP, CHAIN_ALWAYS);
	/* There is no reset here: an allowed connection goes on when the client speaks. */
	build_rule(
		lowering, &midstream,
		(struct rule){.kind = RULE_ALWAYS,
			      .counter = true,
			      .verdict = {lowering->options->reject ? VERDICT_REJECT : VERDICT_DROP,
					  NULL}});
	build_chain(lowering, midstream);
}

static void add_base_chain(struct lowering *lowering)
{
	struct rule rules[LAYOUT_BASE_RULES];
	const struct set *maps[DIRECTIONS][FAMILIES];
	struct chain chain = {.name = CHAIN_FORWARD, .base = true};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (enum family family = V4; family < FAMILIES; family++) {
			const struct set map =
				lower_pod_map(lowering->arena, lowering->resolved, &lowering->forms,
					      pod_map_names[direction][family], family, direction,
					      lowering->verdict_of[direction]);
			const uint32_t number = build_set(lowering, map);

			maps[direction][family] = lowering->sets[number];
		}
	layout_base_rules(maps, rules);
	for (size_t i = 0; i < LAYOUT_BASE_RULES; i++)
		build_rule(lowering, &chain, rules[i]);
	build_chain(lowering, chain);
}

/*
 * Adds the chain for what pods send to their own node, if any cluster policy may deny some of it.
 */
static void add_input_chain(struct lowering *lowering)
{
	struct chain chain = {.name = CHAIN_INPUT, .base = true, .hook = HOOK_INPUT};

	if (!lowering->node_verdict_of)
		return;
	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_ESTABLISHED, .verdict = {VERDICT_ACCEPT, NULL}});
	for (enum family family = V4; family < FAMILIES; family++) {
		const struct set map = lower_pod_map(lowering->arena, lowering->resolved,
						     &lowering->forms, node_map_names[family],
						     family, EGRESS, lowering->node_verdict_of);

		build_rule(lowering, &chain, build_lookup(lowering, build_set(lowering, map)));
	}
	build_chain(lowering, chain);
}

static struct lowering begin(struct arena *arena, const struct resolved *resolved,
			     const struct lower_options *options)
{
	return (struct lowering){
		.arena = arena,
		.scratch = arena_new(),
		.resolved = resolved,
		.options = options,
		.forms = lower_addr_forms(arena, resolved),
		.comparisons = arena_array(arena, resolved->definition_count, sizeof(struct set *)),
		.unions = {.arena = arena, .keys = {.arena = arena}},
		.set_keys = {.arena = arena},
		.set_names = {.arena = arena},
		.group_names = {.arena = arena},
		.first_keys = {.arena = arena},
		.range_keys = {.arena = arena},
		.tier_keys = {.arena = arena},
		.node_keys = {.arena = arena},
	};
}

/*
 * Makes the sets of pods and themselves, still empty: chains of groups look them up before their
 * elements are known.
 */
static void reserve_self_sets(struct lowering *lowering)
{
	for (enum family family = V4; family < FAMILIES; family++)
		lowering->self_sets[family] = build_set(lowering, lower_self_set_type(family));
}

static void add_mixed_sets(struct lowering *lowering)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		lowering->mixed_sets[family] = TABLE_NONE;
		if (lowering->resolved->mixed_count[family])
			lowering->mixed_sets[family] = build_set(
				lowering, lower_mixed_set(lowering->arena, lowering->resolved,
							  &lowering->forms, family));
	}
}

static struct ruleset *make_structure(struct lowering *lowering)
{
	reserve_self_sets(lowering);
	add_mixed_sets(lowering);
	add_groups(lowering);
	add_closed_to_node(lowering);
	add_base_chain(lowering);
	add_input_chain(lowering);
	add_always_chain(lowering);
	add_midstream_chains(lowering);
	add_link_chains(lowering);
	return build_end(lowering);
}

struct ruleset *lower_structure(struct arena *arena, const struct resolved *resolved,
				const struct lower_options *options, struct pod_verdicts *verdicts)
{
	struct lowering lowering = begin(arena, resolved, options);
	struct ruleset *ruleset = make_structure(&lowering);

	*verdicts = (struct pod_verdicts){
		.of = {lowering.verdict_of[INGRESS], lowering.verdict_of[EGRESS]},
		.to_node = lowering.node_verdict_of,
	};
	arena_free(lowering.scratch);
	return ruleset;
}

struct ruleset *lower(struct arena *arena, const struct resolved *resolved,
		      const struct lower_options *options)
{
	struct lowering lowering = begin(arena, resolved, options);
	struct ruleset *ruleset = make_structure(&lowering);

	for (size_t i = 0; i < ruleset->set_count; i++) {
		struct set *set = &ruleset->sets[i];

		if (!set->from_count)
			continue;
		arena_reset(lowering.scratch);
		lower_members(arena, lowering.scratch, resolved, &lowering.forms, set);
		ruleset->stats.elements += set->count;
	}
	arena_free(lowering.scratch);
	return ruleset;
}
