/*
 * Finds the cluster policies behind a verdict: the rule of a tier that decides, and those that came
 * near before it.
 *
 * A rule of a cluster policy is compared with a connection like a rule of a NetworkPolicy
 * (ask/reason/rule.h), since both have peers and ports with the same meaning.
 */
#include "ask/reason/reason.h"
#include "ask/reason/rule.h"
#include "base/arena.h"
#include "base/text.h"
#include "model/meaning.h"

#include <stdlib.h>

/*
 * At most so many rules that came near are told.  A rule at this distance is about somebody else
 * (ask/reason/peer.c).
 */
#define NEAR_MAX 3
#define NEAR_FAR 25

const char *tier_text(enum tier tier)
{
	return tier == TIER_ADMIN ? "Admin" : "Baseline";
}

const char *action_text(enum action action)
{
	static const char *const texts[] = {
		[ACTION_ACCEPT] = "Accept", [ACTION_DENY] = "Deny", [ACTION_PASS] = "Pass"};

	return texts[action];
}

const char *tier_rule_text(struct arena *arena, const struct tier_reason *reason)
{
	const struct tier_rule *rule = reason->rule;

	return arena_printf(arena, "%s rule %zu%s%s%s (%s%s), priority %u", reason->policy->name,
			    reason->number, *rule->name ? " \"" : "", text_plain(arena, rule->name),
			    *rule->name ? "\"" : "", action_text(rule->action),
			    rule->is_closed ? ", but closed" : "", reason->policy->priority);
}

/* The parts of the rule that both sorts of policies have. */
static struct policy_rule plain(const struct tier_rule *rule)
{
	return (struct policy_rule){.mark = rule->mark,
				    .peers = rule->peers,
				    .peer_count = rule->peer_count,
				    .ports = rule->ports,
				    .port_count = rule->port_count};
}

/* A closed rule denies everything, or matches nothing. */
static void measure_closed(struct tier_reason *reason)
{
	if (reason->rule->action != ACTION_ACCEPT)
		return;
	reason->miss = MISS_PEER;
	reason->why = "the rule cannot be understood, and accepts nothing";
}

static void measure(const struct asked_connection *asked, struct tier_reason *reason)
{
	const struct policy_rule rule = plain(reason->rule);
	const bool port = ports_match(asked, &rule), peer = peers_match(asked, &rule);
	struct distance distance;

	if (reason->rule->is_closed) {
		measure_closed(reason);
		return;
	}
	if (port && peer)
		return;
	reason->miss = port ? MISS_PEER : peer ? MISS_PORT : MISS_BOTH;
	if (reason->miss == MISS_BOTH || asked->only_matches)
		return;
	distance = port ? peers_miss(asked, &rule) : ports_miss(asked, &rule);
	reason->far = distance.far;
	reason->why = port ? distance.why
			   : arena_printf(asked->arena, "it is about %s alone", distance.why);
}

static int compare_far(const void *a, const void *b)
{
	const struct tier_reason *x = a, *y = b;

	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

/* Sorts by the order in which rules are asked. */
static int compare_order(const void *a, const void *b)
{
	const struct tier_reason *x = a, *y = b;

	if (x->policy != y->policy)
		return x->policy < y->policy ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Keeps the nearest of those that came near. */
static void keep_nearest(struct tier_reason *near, struct tier_reasons *reasons)
{
	if (reasons->near_count > NEAR_MAX) {
		qsort(near, reasons->near_count, sizeof(*near), compare_far);
		reasons->near_count = NEAR_MAX;
		qsort(near, NEAR_MAX, sizeof(*near), compare_order);
	}
	reasons->near = near;
}

static bool is_near(const struct asked_connection *asked, const struct tier_reason *reason)
{
	return !asked->only_matches &&
	       (reason->miss == MISS_PORT || (reason->miss == MISS_PEER && reason->far < NEAR_FAR));
}

/* Asks the policy's rules; returns true if one of them decides. */
static bool ask_policy(const struct asked_connection *asked, const struct cluster_policy *policy,
		       enum direction direction, struct tier_reason **near,
		       struct tier_reasons *reasons)
{
	for (size_t i = 0; i < policy->rule_count[direction]; i++) {
		struct tier_reason reason = {.policy = policy,
					     .rule = &policy->rules[direction][i],
					     .number = i + 1,
					     .direction = direction};

		measure(asked, &reason);
		if (reason.miss == MISS_NOTHING) {
			struct tier_reason *decides = arena_alloc(asked->arena, sizeof(*decides));

			*decides = reason;
			reasons->decides = decides;
			reasons->action =
				reason.rule->is_closed ? ACTION_DENY : reason.rule->action;
			return true;
		}
		if (is_near(asked, &reason))
			arena_push(asked->arena, *near, reasons->near_count, reason);
	}
	return false;
}

/*
 * Finds another policy of the tier about the pod that has the same priority as the one that
 * decides.
 */
static const struct cluster_policy *find_tie(const struct objects *objects,
					     enum direction direction,
					     const struct cluster_policy *policy,
					     const struct pod *pod)
{
	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *other = &objects->cluster_policies[i];

		if (other != policy && other->tier == policy->tier &&
		    other->priority == policy->priority && other->rule_count[direction] &&
		    cluster_policy_means(objects, other, pod))
			return other;
	}
	return NULL;
}

struct tier_reasons tier_reasons_of(const struct asked_connection *asked, enum direction direction,
				    enum tier tier, const struct pod *pod)
{
	const struct objects *objects = asked->world->objects;
	struct tier_reasons reasons = {.action = ACTION_PASS};
	struct tier_reason *near = NULL;

	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		if (policy->tier != tier || !policy->rule_count[direction] ||
		    !cluster_policy_means(objects, policy, pod))
			continue;
		reasons.policy_count++;
		if (!reasons.decides)
			ask_policy(asked, policy, direction, &near, &reasons);
	}
	keep_nearest(near, &reasons);
	if (reasons.decides)
		reasons.tied = find_tie(objects, direction, reasons.decides->policy, pod);
	return reasons;
}
