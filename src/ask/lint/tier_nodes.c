/*
 * Checks what cluster policies say about nodes: about pods on their nodes' networks, about a pod's
 * own node, and in fields that not every cluster has.
 *
 * In:  cluster policies, nodes.  Out: findings.
 */
#include "ask/lint/tiers.h"
#include "ask/reason/reason.h"
#include "ask/reason/rule.h"
#include "base/arena.h"
#include "model/meaning.h"

static bool has_address(const struct cluster_node *node, const struct peer *block)
{
	for (size_t i = 0; i < node->addr_count; i++)
		if (block_has(block, &node->addrs[i]))
			return true;
	return false;
}

/*
 * Does the peer mean the node? If @node is NULL, nobody knows the node, so only a peer that means
 * every node does.
 */
static bool means_node(const struct peer *peer, const struct cluster_node *node)
{
	if (peer->kind == PEER_NODES)
		return node ? selector_matches(peer->nodes, node->labels, node->label_count)
			    : !peer->nodes->count;
	if (peer->kind == PEER_BLOCK)
		return !peer->cidr.prefix || (node && has_address(node, peer));
	return false;
}

static bool rule_means_node(const struct tier_rule *rule, const struct cluster_node *node)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (means_node(&rule->peers[i], node))
			return true;
	return false;
}

/* If the rule of @policy matches, is the tier of @other not asked any further? */
static bool ends_tier(const struct cluster_policy *policy, const struct tier_rule *rule,
		      const struct cluster_policy *other)
{
	return policy->tier == other->tier ? rule->action != ACTION_DENY
					   : rule->action == ACTION_ACCEPT;
}

/*
 * Does an earlier rule treat the node in another way? What exactly that rule lets through is not
 * looked at.
 */
static bool is_spared(const struct lint *lint, const struct cluster_policy *policy,
		      const struct tier_rule *rule, const struct cluster_node *node)
{
	for (const struct cluster_policy *one = lint->objects->cluster_policies; one <= policy;
	     one++)
		for (size_t i = 0; i < one->rule_count[EGRESS]; i++) {
			const struct tier_rule *before = &one->rules[EGRESS][i];

			if (before == rule)
				break;
			if (ends_tier(one, before, policy) && rule_means_node(before, node))
				return true;
		}
	return false;
}

/* Returns NULL if the input has no such node.  */
static const struct cluster_node *find_node(const struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->node_count; i++)
		if (!strcmp(objects->nodes[i].name, name))
			return &objects->nodes[i];
	return NULL;
}

/* The first pod of the policy to which the rule denies its own node; NULL: there is none.  */
static const struct pod *find_denied(const struct lint *lint, const struct cluster_policy *policy,
				     const struct tier_rule *rule)
{
	const struct bits subjects = lint_subjects(lint, policy);

	for (size_t at = bits_next(&subjects, 0); at < subjects.size;
	     at = bits_next(&subjects, at + 1)) {
		const struct pod *pod = &lint->objects->pods[at];
		const struct cluster_node *node =
			*pod->node ? find_node(lint->objects, pod->node) : NULL;

		if (node && rule_means_node(rule, node) && !is_spared(lint, policy, rule, node))
			return pod;
	}
	return NULL;
}

#define OWN_NODE_REMEDY                                                                            \
	"accept before it what pods need of their node, such as port 53 of a DNS cache"

static void denies_own_node(struct lint *lint, const struct check *check,
			    const struct cluster_policy *policy, enum direction direction,
			    const struct tier_rule *rule)
{
	const bool denies_all = rule_means_node(rule, NULL);
	const struct pod *pod;

	/* If the rule names ports, its author means them.  */
	if (direction != EGRESS || rule->action != ACTION_DENY || rule->is_closed ||
	    rule->port_count)
		return;
	if (denies_all && !is_spared(lint, policy, rule, NULL))
		lint_add(lint, check, lint_stand_in(lint, policy), rule->mark, OWN_NODE_REMEDY,
			 "it denies pods also the node that they run on: what is on its network, "
			 "and Services by its ports");
	pod = denies_all ? NULL : find_denied(lint, policy, rule);
	if (pod)
		lint_add(lint, check, lint_stand_in(lint, policy), rule->mark, OWN_NODE_REMEDY,
			 "it denies %s/%s also the node that it runs on, %s: what is on its "
			 "network, and Services by its ports",
			 pod->namespace, pod->name, pod->node);
}

void check_denies_own_node(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, denies_own_node);
}

/* Is the policy about any pods on their nodes' networks? */
static bool selects_host_pods(const struct lint *lint, const struct cluster_policy *policy)
{
	for (size_t i = 0; i < lint->objects->host_pod_count; i++)
		if (cluster_policy_means(lint->objects, policy, &lint->objects->host_pods[i]))
			return true;
	return false;
}

static bool has_pods(const struct lint *lint, const struct cluster_policy *policy)
{
	for (size_t i = 0; i < lint->objects->workload_count; i++) {
		const struct workload *workload = &lint->objects->workloads[i];
		const struct pod pod = {.namespace = workload->namespace,
					.labels = workload->labels,
					.label_count = workload->label_count};

		if (!workload->host_network && cluster_policy_means(lint->objects, policy, &pod))
			return true;
	}
	for (size_t i = 0; i < lint->objects->pod_count; i++)
		if (cluster_policy_means(lint->objects, policy, &lint->objects->pods[i]) &&
		    lint->world->parties[lint->world->party_of[i]].kind <= PARTY_WORKLOAD)
			return true;
	return false;
}

void check_only_host_network(struct lint *lint, const struct check *check)
{
	for (size_t i = 0; i < lint->objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &lint->objects->cluster_policies[i];

		if (selects_host_pods(lint, policy) && !has_pods(lint, policy))
			lint_add(lint, check, lint_stand_in(lint, policy), policy->mark,
				 "remove it; what is on its node's network can only be guarded "
				 "there",
				 "all pods of its subject are on their node's network, so that it "
				 "does nothing");
	}
}

static void is_experimental(struct lint *lint, const struct check *check,
			    const struct cluster_policy *policy, enum direction direction,
			    const struct tier_rule *rule)
{
	(void)direction;
	for (size_t i = 0; i < rule->peer_count; i++) {
		const enum peer_kind kind = rule->peers[i].kind;

		if (kind != PEER_NODES && kind != PEER_DOMAIN)
			continue;
		lint_add(lint, check, lint_stand_in(lint, policy), rule->peers[i].mark,
			 "install the experimental CRD before the policy",
			 "%s is in the experimental CRD alone: a cluster with the standard one "
			 "drops it, and "
			 "what is left %s",
			 kind == PEER_NODES ? "nodes" : "domainNames",
			 rule->action == ACTION_ACCEPT ? "accepts nothing" : "denies everything");
	}
}

void check_experimental_field(struct lint *lint, const struct check *check)
{
	lint_each_tier_rule(lint, check, is_experimental);
}
