/* The chains that every ruleset has, and those of all groups.  See lower/lower.h. */
#include "lower/lower.h"

#include "base/arena.h"
#include "lower/build.h"
#include "lower/group.h"
#include "lower/sets.h"

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
			.chain = lower_group(lowering, group),
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
		struct rule rule = build_lookup(
			lowering,
			build_set(lowering, lower_self_set(lowering->arena, lowering->scratch,
							   lowering->resolved, &lowering->forms,
							   family, lowering->verdict_of[INGRESS])));

		rule.verdict.kind = VERDICT_ACCEPT;
		build_rule(lowering, &chain, rule);
	}
	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_LOOKUP,
				 .field_count = 1,
				 .set = &icmpv6,
				 .fields = {FIELD_ICMPV6_TYPE},
				 .verdict = {VERDICT_ACCEPT, NULL}});
	build_chain(lowering, chain);
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

	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_NOT_SYN, .verdict = {VERDICT_GOTO, CHAIN_MIDSTREAM}});
	build_chain(lowering, chain);
	build_deny_chain(lowering, CHAIN_MIDSTREAM,
			 "TCP of isolated pods that is new here, but does not begin with a SYN");
}

const char *const pod_map_names[DIRECTIONS][FAMILIES] = {
	[INGRESS] = {"ingress.v4", "ingress.v6"}, [EGRESS] = {"egress.v4", "egress.v6"}};

static void add_base_chain(struct lowering *lowering)
{
	/* Egress first: what it denies is denied whatever the other end says.  IPv4 is the more common. */
	static const enum direction order[] = {EGRESS, INGRESS};
	struct chain chain = {.name = "forward", .base = true};

	build_rule(lowering, &chain,
		   (struct rule){.kind = RULE_ESTABLISHED, .verdict = {VERDICT_ACCEPT, NULL}});
	for (enum family family = V4; family < FAMILIES; family++) {
		for (size_t i = 0; i < DIRECTIONS; i++) {
			struct set map =
				lower_pod_map(lowering->arena, lowering->resolved, &lowering->forms,
					      pod_map_names[order[i]][family], family, order[i],
					      lowering->verdict_of[order[i]]);

			build_rule(lowering, &chain,
				   build_lookup(lowering, build_set(lowering, map)));
		}
	}
	build_chain(lowering, chain);
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
		.group_names = {.arena = arena},
	};
	struct ruleset *ruleset;

	lowering.forms = lower_addr_forms(arena, resolved);
	add_groups(&lowering);
	add_base_chain(&lowering);
	add_always_chain(&lowering);
	add_midstream_chains(&lowering);
	ruleset = build_end(&lowering);
	arena_free(lowering.scratch);
	return ruleset;
}
