/*
 * Checks cluster policies for what the API server accepts and nobody means.
 *
 * In:  a world; its cluster policies are in the order in which packets ask them.  Out: findings
 * about the policy that says it.
 *
 * The hard idea: for the pods of the input it is known which of them a policy is about.  They are
 * kept as a set of bits, one for each pod, so that two policies are compared by comparing two sets.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/services.h"
#include "ask/lint/tiers.h"
#include "ask/reason/reason.h"
#include "ask/reason/rule.h"
#include "base/arena.h"
#include "base/bits.h"
#include "model/meaning.h"
#include "model/words.h"

#define DNS_PORT 53

struct bits lint_subjects(const struct lint *lint, const struct cluster_policy *policy)
{
	struct bits bits = bits_new(lint->scratch, lint->objects->pod_count);

	for (size_t i = 0; i < lint->objects->pod_count; i++)
		if (cluster_policy_means(lint->objects, policy, &lint->objects->pods[i]))
			bits_set(&bits, i);
	return bits;
}

const struct policy *lint_stand_in(const struct lint *lint, const struct cluster_policy *policy)
{
	return &lint->stand_ins[policy - lint->objects->cluster_policies];
}

void lint_each_tier_rule(struct lint *lint, const struct check *check, lint_visit_tier visit)
{
	for (size_t i = 0; i < lint->objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &lint->objects->cluster_policies[i];

		arena_reset(lint->scratch);
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				visit(lint, check, policy, direction, &policy->rules[direction][k]);
	}
}

bool lint_is_everybody(const struct peer *peer)
{
	return peer->kind == PEER_PODS && !peer->namespaces->count && !peer->pods->count;
}

/*
 * Does the first policy have a rule with another action than some rule of the second one, in a
 * direction for which both have rules?
 */
static bool actions_differ(const struct cluster_policy *a, const struct cluster_policy *b)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < a->rule_count[direction]; i++)
			for (size_t k = 0; k < b->rule_count[direction]; k++)
				if (a->rules[direction][i].action != b->rules[direction][k].action)
					return true;
	return false;
}

static bool have_common(const struct bits *a, const struct bits *b)
{
	for (size_t i = bits_next(a, 0); i < a->size; i = bits_next(a, i + 1))
		if (bits_has(b, i))
			return true;
	return false;
}

void check_same_priority(struct lint *lint, const struct check *check)
{
	const struct objects *objects = lint->objects;

	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *a = &objects->cluster_policies[i];
		struct bits subjects;

		arena_reset(lint->scratch);
		subjects = lint_subjects(lint, a);
		/* Policies of one priority follow each other.  */
		for (size_t k = i + 1; k < objects->cluster_policy_count; k++) {
			const struct cluster_policy *b = &objects->cluster_policies[k];
			struct bits others;

			if (b->tier != a->tier || b->priority != a->priority)
				break;
			if (!actions_differ(a, b))
				continue;
			others = lint_subjects(lint, b);
			if (have_common(&subjects, &others))
				lint_add(lint, check, lint_stand_in(lint, b), b->mark,
					 "give each a priority of its own",
					 "priority %u of %s is also that of %s, and both are about "
					 "the "
					 "same pods with different actions: which one wins is not "
					 "said "
					 "by the API (here it is %s, by name)",
					 b->priority, tier_text(b->tier), a->name, a->name);
		}
	}
}

/* Does a Baseline policy deny anything to one of these pods in the direction? */
static bool baseline_denies(const struct lint *lint, enum direction direction,
			    const struct bits *subjects)
{
	for (size_t i = 0; i < lint->objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &lint->objects->cluster_policies[i];
		struct bits others;
		bool denies = false;

		for (size_t k = 0; k < policy->rule_count[direction]; k++)
			denies |= policy->rules[direction][k].action == ACTION_DENY;
		if (policy->tier != TIER_BASELINE || !denies)
			continue;
		others = lint_subjects(lint, policy);
		if (have_common(subjects, &others))
			return true;
	}
	return false;
}

static void passes_to_nothing(struct lint *lint, const struct check *check,
			      const struct cluster_policy *policy, enum direction direction,
			      const struct tier_rule *rule)
{
	struct bits subjects;

	if (rule->action != ACTION_PASS || rule->is_closed)
		return;
	subjects = lint_subjects(lint, policy);
	if (policy->tier == TIER_ADMIN &&
	    (have_common(&subjects, lint->world->resolved->isolated[direction]) ||
	     baseline_denies(lint, direction, &subjects)))
		return;
	lint_add(lint, check, lint_stand_in(lint, policy), rule->mark,
		 "write Accept, or deny the rest in Baseline",
		 policy->tier == TIER_BASELINE
			 ? "behind Baseline no tier is asked: Pass is the same as Accept"
			 : "no NetworkPolicy and no Baseline policy would deny what is passed: "
			   "Pass is "
			   "the same as Accept now");
}

void check_pass_to_nothing(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, passes_to_nothing);
}

void check_baseline_never_asked(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &lint->objects->cluster_policies[i];

		arena_reset(lint->scratch);
		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
			const struct bits *isolated = lint->world->resolved->isolated[direction];
			const struct bits subjects = lint_subjects(lint, policy);
			size_t at = bits_next(&subjects, 0);

			if (policy->tier != TIER_BASELINE || !policy->rule_count[direction] ||
			    at >= subjects.size)
				continue;
			while (at < subjects.size && bits_has(isolated, at))
				at = bits_next(&subjects, at + 1);
			if (at >= subjects.size)
				lint_add(lint, check, lint_stand_in(lint, policy), policy->mark,
					 "remove its rules, or move them to Admin",
					 "its %s rules are never asked: NetworkPolicies isolate "
					 "every "
					 "pod that it is about",
					 direction_text(direction));
		}
	}
}

/* Is there an earlier rule of the policy that lets connections to pods go another way? */
static bool spares_pods(const struct cluster_policy *policy, const struct tier_rule *rule)
{
	for (const struct tier_rule *before = policy->rules[EGRESS]; before < rule; before++)
		for (size_t i = 0; before->action != ACTION_DENY && i < before->peer_count; i++)
			if (before->peers[i].kind == PEER_PODS)
				return true;
	return false;
}

static void hits_pods(struct lint *lint, const struct check *check,
		      const struct cluster_policy *policy, enum direction direction,
		      const struct tier_rule *rule)
{
	uint32_t lowest = 0;

	if (direction != EGRESS || rule->action != ACTION_DENY || spares_pods(policy, rule))
		return;
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct peer *peer = &rule->peers[i];
		char text[CIDR_TEXT];

		if (peer->kind != PEER_BLOCK || !lint_count_in_cidr(lint, &peer->cidr, &lowest))
			continue;
		cidr_text(&peer->cidr, text);
		lint_add(lint, check, lint_stand_in(lint, policy), peer->mark,
			 "put a rule that passes or accepts pods (namespaces: {}) before it",
			 "%s has the addresses of pods in it, to which this denies everything as "
			 "well",
			 text);
	}
}

void check_networks_hit_pods(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, hits_pods);
}

static bool is_about_dns(const struct tier_rule *rule)
{
	for (size_t i = 0; i < rule->port_count; i++)
		if (!rule->ports[i].name && rule->ports[i].protocol == UDP &&
		    rule->ports[i].first <= DNS_PORT && DNS_PORT <= rule->ports[i].last)
			return true;
	return !rule->port_count;
}

static bool is_about_everything(const struct tier_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (lint_is_everybody(&rule->peers[i]) ||
		    (rule->peers[i].kind == PEER_BLOCK && !rule->peers[i].cidr.prefix))
			return true;
	return false;
}

static void denies_dns(struct lint *lint, const struct check *check,
		       const struct cluster_policy *policy, enum direction direction,
		       const struct tier_rule *rule)
{
	const struct cluster_policy *first = lint->objects->cluster_policies;

	if (direction != EGRESS || rule->action != ACTION_DENY || !is_about_dns(rule) ||
	    !is_about_everything(rule))
		return;
	/* An earlier rule may let DNS through; to whom it does so is not looked at.  */
	for (const struct cluster_policy *one = first; one <= policy; one++)
		for (size_t i = 0; one->tier == policy->tier && i < one->rule_count[EGRESS]; i++) {
			const struct tier_rule *before = &one->rules[EGRESS][i];

			if (before == rule)
				break;
			if (before->action != ACTION_DENY && is_about_dns(before))
				return;
		}
	lint_add(lint, check, lint_stand_in(lint, policy), rule->mark,
		 "accept or pass UDP and TCP port 53 to the DNS servers (and to nodes, where these "
		 "serve it) in a rule before it",
		 "this denies DNS, and no rule before it lets port 53/UDP through");
}

void check_denies_dns(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, denies_dns);
}

static void names_domains(struct lint *lint, const struct check *check,
			  const struct cluster_policy *policy, enum direction direction,
			  const struct tier_rule *rule)
{
	(void)direction;
	if (rule->names_domains)
		lint_add(lint, check, lint_stand_in(lint, policy), rule->mark,
			 "name the addresses as networks, as far as they are known",
			 "its domain names are not enforced: the rule %s",
			 rule->is_closed ? "denies everything" : "accepts nothing by them");
}

void check_domain_not_enforced(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, names_domains);
}

static bool means_node(const struct objects *objects, const struct selector *selector)
{
	for (size_t i = 0; i < objects->node_count; i++)
		if (selector_matches(selector, objects->nodes[i].labels,
				     objects->nodes[i].label_count))
			return true;
	return false;
}

static void means_no_node(struct lint *lint, const struct check *check,
			  const struct cluster_policy *policy, enum direction direction,
			  const struct tier_rule *rule)
{
	(void)direction;
	for (size_t i = 0; lint->objects->node_count && i < rule->peer_count; i++)
		if (rule->peers[i].kind == PEER_NODES &&
		    !means_node(lint->objects, rule->peers[i].nodes))
			lint_add(lint, check, lint_stand_in(lint, policy), rule->peers[i].mark,
				 "correct the label, or remove the entry", "no node matches %s now",
				 selector_in_words(lint->arena, lint->objects,
						   rule->peers[i].nodes));
}

void check_unknown_node_label(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, means_no_node);
}

static void of_service(struct lint *lint, const struct check *check,
		       const struct cluster_policy *policy, enum direction direction,
		       const struct tier_rule *rule)
{
	(void)direction;
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct peer *peer = &rule->peers[i];
		const struct service_addr *found;
		uint32_t lowest = 0;
		char text[CIDR_TEXT];

		if (peer->kind != PEER_BLOCK || !peer->cidr.prefix ||
		    lint_count_in_cidr(lint, &peer->cidr, &lowest))
			continue;
		found = lint_service_within(lint, &peer->cidr);
		if (!found)
			continue;
		cidr_text(&peer->cidr, text);
		lint_add(lint, check, lint_stand_in(lint, policy), peer->mark,
			 "name the pods behind the Service, with their ports",
			 "%s holds the address of Service %s/%s, which no packet has any more when "
			 "policies are asked",
			 text, found->service->namespace, found->service->name);
	}
}

void check_service_address(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, of_service);
}
