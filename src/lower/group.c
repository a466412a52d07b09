/*
 * Makes the rules of a group's chains: first the look-ups for every packet, then a map (or a few
 * comparisons, where these are faster) from ports to the chains of the group's cells, and in the
 * end the packet is denied.
 */
#include "lower/group.h"

#include "base/arena.h"
#include "lower/names.h"
#include "lower/rule_comments.h"
#include "lower/ports.h"
#include "lower/tiers.h"

#include <string.h>

/* What the rules of a group are made from. */
struct group_plan {
	const struct group *group;
	struct origins origins; /* only if the group has several policies */
	const struct plan *plan;
	const char *name, *deny; /* names of chains */
	/* what happens to allowed packets; if the policies are audited, to all of them */
	struct verdict yes;
	/* index: target; names of chains; NULL where everything may pass */
	const char **target_names;
};

static const char *origin(struct lowering *lowering, const struct group_plan *of, uint32_t target,
			  const uint32_t *peers, size_t count)
{
	if (of->group->policy_count == 1)
		return NULL;
	return origin_comment(lowering->arena, lowering->resolved->objects, &of->origins, of->plan,
			      target, peers, count);
}

static void add_peer_rule(struct lowering *lowering, struct chain *chain,
			  const struct group_plan *of, enum family family, struct rule rule,
			  const char *comment)
{
	/* Another group may have made the set for the other direction, so the field is set here. */
	rule.fields[0] = lower_other_end(of->group->direction, family);
	rule.verdict = of->yes;
	rule.comment = comment;
	build_rule(lowering, chain, rule);
}

/* Adds one rule for each block that is compared. */
static void add_comparisons(struct lowering *lowering, struct chain *chain,
			    const struct group_plan *of, uint32_t target,
			    const struct union_sets *sets)
{
	for (enum family family = V4; family < FAMILIES; family++)
		for (size_t i = 0; i < sets->compared[family].count; i++) {
			const uint32_t *definition = &sets->compared[family].definitions[i];

			add_peer_rule(lowering, chain, of, family,
				      build_comparison(lowering, *definition),
				      origin(lowering, of, target, definition, 1));
		}
}

/*
 * Adds the look-ups of a target (or of every packet): a rule for each set of its unions, and for
 * each block that is compared.  Returns how many look-ups one packet can cause at most.
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

			if (set == TABLE_NONE)
				continue;
			add_peer_rule(lowering, chain, of, family, build_lookup(lowering, set),
				      comment);
			lookups[family]++;
		}
		add_comparisons(lowering, chain, of, number, sets);
	}
	return lookups[V4] > lookups[V6] ? lookups[V4] : lookups[V6];
}

/* How many numbers the port of a grant has in the group: one, unless the port has a name. */
static size_t port_numbers(const struct group *group, const struct grant *grant)
{
	size_t count = grant->port_name == NULL;

	for (size_t i = 0; grant->port_name && i < group->number_count; i++)
		count += group->numbers[i].protocol == grant->protocol &&
			 !strcmp(group->numbers[i].name, grant->port_name);
	return count;
}

/*
 * The group's grants, in which names of ports are replaced with the numbers that they have for
 * these pods.
 */
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

/* Adds the chain of each target; returns the most look-ups in one of them. */
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

/* Ends a chain in which everything is allowed. */
static void add_open_chain(struct lowering *lowering, const struct group_plan *of,
			   struct chain *chain)
{
	const uint32_t anything = ANYTHING;

	build_rule(lowering, chain,
		   (struct rule){.kind = RULE_ALWAYS,
				 .verdict = of->yes,
				 .comment = origin(lowering, of, EVERY_PACKET, &anything, 1)});
	build_chain(lowering, *chain);
}

/*
 * Plans the cells, and if there are several policies, finds out which of them each look-up comes
 * from.
 */
static void plan_group(struct lowering *lowering, struct group_plan *of, struct grant *grants,
		       size_t count)
{
	const struct peer_list *lists = lowering->resolved->peer_lists;

	of->plan = plan_cells(lowering->scratch, lists, grants, count, &lowering->unions);
	if (of->group->policy_count > 1)
		of->origins = origins_of(lowering->scratch, lists, grants, count);
}

/* The grants of the group's policies on one named port, as if they were for all ports. */
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
 * Shows named ports that have no number for these pods, and so are in no map: each gets a chain
 * with its peers, to which nothing leads, for people who read the ruleset.
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

/* The verdicts that send packets on to the chain of each target. */
static const struct verdict *target_verdicts(const struct lowering *lowering,
					     const struct group_plan *of)
{
	const struct plan *plan = of->plan;
	struct verdict *verdicts =
		arena_array(lowering->scratch, plan->target_count, sizeof(*verdicts));

	for (size_t i = 0; i < plan->target_count; i++)
		verdicts[i] = plan->targets[i].anything
				      ? of->yes
				      : (struct verdict){VERDICT_GOTO, of->target_names[i]};
	return verdicts;
}

/*
 * Makes the chain for packets that the policies do not allow.  It denies them; if the policies are
 * audited, it only counts them.
 */
static void build_end_chain(struct lowering *lowering, const struct group_plan *of)
{
	if (of->group->is_audited)
		build_audit_chain(lowering, of->deny, of->yes);
	else
		build_deny_chain(lowering, of->deny, of->group->direction);
}

/*
 * Completes @chain with what the group's policies decide, which is final; if they are audited, all
 * packets go on to @next instead.  The names of the chains that it leads to begin with @name.  *open
 * tells whether everything is allowed.
 */
static size_t add_policies(struct lowering *lowering, const struct group *group,
			   struct chain *chain, const char *name, struct verdict next, bool *open)
{
	struct group_plan of = {
		.group = group,
		.name = name,
		.deny = arena_join(lowering->arena, name,
				   group->is_audited ? CHAIN_AUDIT : CHAIN_DENY, NULL),
		.yes = group->is_audited ? next : lower_yes(group->direction),
	};
	size_t count, lookups;
	struct grant *grants = group_grants(lowering->scratch, lowering->resolved, group, &count);

	/*
	 * A packet that opens no connection does not show what these policies would say about its
	 * connection, so it is not counted.
	 */
	if (group->is_audited)
		build_rule(lowering, chain, (struct rule){.kind = RULE_NOT_SYN, .verdict = next});
	plan_group(lowering, &of, grants, count);
	of.target_names = arena_array(lowering->scratch, of.plan->target_count, sizeof(char *));
	name_targets(lowering->arena, lowering->scratch, of.name, of.plan, of.target_names);
	*open = of.plan->open;
	/* Also where nothing leads to it: by it the group is known for one that is audited. */
	if (*open && group->is_audited)
		build_end_chain(lowering, &of);
	if (*open) {
		add_open_chain(lowering, &of, chain);
		return 0;
	}
	lookups = add_lookups(lowering, chain, &of, EVERY_PACKET);
	lookups += add_target_chains(lowering, &of);
	lookups += lower_ports(lowering, chain, of.plan, target_verdicts(lowering, &of));
	build_verdict(lowering, chain, VERDICT_GOTO, of.deny);
	build_chain(lowering, *chain);
	build_end_chain(lowering, &of);
	add_named_chains(lowering, &of);
	return lookups;
}

/* The same; what the rules decide, the policies decide. */
static size_t add_decided_policies(struct lowering *lowering, const struct group *group,
				   struct chain *chain, const char *name, struct verdict next,
				   bool *open)
{
	size_t lookups;

	lowering->decider = group->is_audited ? DECIDER_NOBODY : DECIDER_POLICIES;
	lookups = add_policies(lowering, group, chain, name, next, open);
	lowering->decider = DECIDER_NOBODY;
	return lookups;
}

/* A step of a packet's way through a group: a tier, or the policies between the tiers. */
struct step {
	enum step_kind { STEP_ADMIN, STEP_POLICIES, STEP_BASELINE, STEPS } kind;
	const char *chain; /* the chain in which it begins */
};

/* Lists the steps of the group.  The first begins in the group's own chain. */
static size_t list_steps(struct lowering *lowering, const struct group *group, const char *name,
			 struct step steps[STEPS])
{
	static const char *const names[] = {CHAIN_ADMIN, CHAIN_POLICIES, CHAIN_BASELINE};
	const bool has[] = {group->tier_count[TIER_ADMIN] > 0, group->policy_count > 0,
			    group->tier_count[TIER_BASELINE] > 0};
	size_t count = 0;

	for (enum step_kind i = STEP_ADMIN; i < STEPS; i++) {
		if (!has[i])
			continue;
		steps[count].kind = i;
		steps[count].chain =
			count ? arena_join(lowering->arena, name, names[i], NULL) : name;
		count++;
	}
	return count;
}

/* Makes one step; what it does not decide goes on to @next. */
static size_t add_step(struct lowering *lowering, const struct group *group, const char *name,
		       const struct step *step, struct chain *chain, struct verdict next,
		       bool *open)
{
	if (step->kind == STEP_POLICIES)
		return add_decided_policies(lowering, group, chain, name, next, open);
	*open = false;
	return lower_tier(lowering, group, step->kind == STEP_ADMIN ? TIER_ADMIN : TIER_BASELINE,
			  chain,
			  arena_join(lowering->arena, name,
				     step->kind == STEP_ADMIN ? CHAIN_ADMIN : CHAIN_BASELINE, NULL),
			  next);
}

/* Adds the steps of an egress group, each of which leads to the next. */
static size_t add_steps(struct lowering *lowering, const struct group *group, const char *name,
			struct chain *chain, bool *open)
{
	struct step steps[STEPS];
	const size_t count = list_steps(lowering, group, name, steps);
	size_t lookups = 0;

	for (size_t i = 0; i < count; i++) {
		const struct verdict next =
			i + 1 < count ? (struct verdict){VERDICT_GOTO, steps[i + 1].chain}
				      : lower_yes(group->direction);

		lookups += add_step(lowering, group, name, &steps[i], chain, next, open);
		*chain = (struct chain){.name = i + 1 < count ? steps[i + 1].chain : NULL};
	}
	*open &= count == 1;
	return lookups;
}

/*
 * Adds the steps of an ingress group.  Its tiers are asked in chains that other groups share.  Behind
 * policies Baseline is asked only if they are audited.
 */
static size_t add_shared_steps(struct lowering *lowering, const struct group *group,
			       const char *name, struct chain *chain, bool *open)
{
	const struct verdict yes = lower_yes(group->direction);
	const bool admin = group->tier_count[TIER_ADMIN],
		   baseline = group->tier_count[TIER_BASELINE];
	size_t lookups = 0;

	*open = false;
	if (admin)
		lookups += lower_shared_tier(lowering, group, TIER_ADMIN, chain);
	if (group->policy_count) {
		const char *then = arena_join(lowering->arena, name, CHAIN_BASELINE, NULL);

		lookups += add_decided_policies(
			lowering, group, chain, name,
			baseline ? (struct verdict){VERDICT_GOTO, then} : yes, open);
		*open &= !admin && !baseline;
		if (!baseline)
			return lookups;
		*chain = (struct chain){.name = then};
	}
	if (baseline)
		lookups += lower_shared_tier(lowering, group, TIER_BASELINE, chain);
	build_verdict(lowering, chain, yes.kind, yes.chain);
	build_chain(lowering, *chain);
	return lookups;
}

bool group_denies_nothing(const struct group *group)
{
	return group->is_audited && !group->tier_count[TIER_ADMIN] &&
	       !group->tier_count[TIER_BASELINE];
}

static struct rule midstream_rule(void)
{
	return (struct rule){.kind = RULE_NOT_SYN, .verdict = {VERDICT_JUMP, CHAIN_MIDSTREAM}};
}

const char *lower_audit_free(struct lowering *lowering, const char *group)
{
	struct chain chain = {
		.name = arena_join(lowering->arena, group, CHAIN_AUDIT_FREE, NULL),
		.comment = "those of these pods that are isolated in the other direction",
	};

	build_rule(lowering, &chain, midstream_rule());
	build_verdict(lowering, &chain, VERDICT_GOTO, group);
	build_chain(lowering, chain);
	return chain.name;
}

const char *lower_group(struct lowering *lowering, const struct group *group, bool *open)
{
	bool cut;
	struct chain chain = {
		.name = build_group_name(
			lowering, name_group(lowering->arena, lowering->resolved, group, &cut)),
		.comment = comment_group(lowering->arena, lowering->resolved, group),
	};
	const char *name = chain.name;

	lowering->group = group;
	if (cut)
		build_group_legend(lowering, name, group);
	if (!group_denies_nothing(group))
		build_rule(lowering, &chain, midstream_rule());
	if (group->tier_count[TIER_ADMIN] || group->tier_count[TIER_BASELINE])
		lower_mixed(lowering, group, &chain, name);
	count_lookups(lowering, group->direction,
		      group->direction == INGRESS
			      ? add_shared_steps(lowering, group, name, &chain, open)
			      : add_steps(lowering, group, name, &chain, open));
	lowering->group = NULL;
	return name;
}

static bool any_reaches_nodes(const struct lowering *lowering, const struct group *group)
{
	const struct cluster_policy *all = lowering->resolved->objects->cluster_policies;

	for (size_t tier = 0; tier < TIERS; tier++)
		for (size_t i = 0; i < group->tier_count[tier]; i++)
			if (cluster_policy_reaches_nodes(&all[group->tiers[tier][i]]))
				return true;
	return false;
}

/*
 * Makes the chains of a group's tiers for packets to the node; NetworkPolicies do not count there.
 */
static const char *make_node_group(struct lowering *lowering, const struct group *group)
{
	struct group *tiers = arena_alloc(lowering->arena, sizeof(*tiers));
	struct chain chain = {
		.name = build_group_name(
			lowering, name_node_group(lowering->arena, lowering->resolved, group)),
		.comment = "what pods under these cluster policies send to their own node",
	};
	const char *name = chain.name;
	bool open = true;

	*tiers = *group;
	tiers->policy_count = 0;
	tiers->is_audited = false;
	tiers->number_count = 0;
	lowering->group = tiers;
	add_steps(lowering, tiers, name, &chain, &open);
	lowering->group = NULL;
	return name;
}

const char *lower_node_group(struct lowering *lowering, const struct group *group)
{
	struct string key = {0};
	uint32_t number;
	bool added;

	if (!any_reaches_nodes(lowering, group))
		return NULL;
	for (size_t tier = 0; tier < TIERS; tier++)
		for (size_t i = 0; i < group->tier_count[tier]; i++)
			arena_append(lowering->scratch, &key, "%u ", group->tiers[tier][i]);
	number = table_add(&lowering->node_keys, key.text, key.len, &added);
	if (added)
		arena_push(lowering->arena, lowering->node_chains, lowering->node_chain_count,
			   make_node_group(lowering, group));
	return lowering->node_chains[number];
}
