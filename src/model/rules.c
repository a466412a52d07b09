/* A cluster policy's rule is visited as if it were a NetworkPolicy's rule, without its action. */
#include "model/rules.h"

static void visit_policy(const struct policy *policy, rule_visit visit, void *context)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct policy_rule *rule = &policy->rules[direction][i];

			visit(context,
			      &(struct any_rule){policy->namespace, rule->peers, rule->peer_count,
						 rule->ports, rule->port_count});
		}
}

static void visit_cluster_policy(const struct cluster_policy *policy, rule_visit visit,
				 void *context)
{
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (size_t i = 0; i < policy->rule_count[direction]; i++) {
			const struct tier_rule *rule = &policy->rules[direction][i];

			visit(context, &(struct any_rule){"", rule->peers, rule->peer_count,
							  rule->ports, rule->port_count});
		}
}

void objects_each_rule(const struct objects *objects, rule_visit visit, void *context)
{
	for (size_t i = 0; i < objects->policy_count; i++)
		visit_policy(&objects->policies[i], visit, context);
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		visit_cluster_policy(&objects->cluster_policies[i], visit, context);
}

struct selection_visiting {
	selection_visit visit;
	void *context;
};

static void visit_peers(void *context, const struct any_rule *rule)
{
	const struct selection_visiting *visiting = context;

	for (size_t i = 0; i < rule->peer_count; i++)
		if (rule->peers[i].kind == PEER_PODS)
			visiting->visit(visiting->context, rule->namespace, &rule->peers[i]);
}

void objects_each_selection(const struct objects *objects, selection_visit visit, void *context)
{
	struct selection_visiting visiting = {visit, context};

	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];

		visit(context, policy->namespace,
		      &(struct peer){.kind = PEER_PODS, .pods = policy->pods});
		visit_policy(policy, visit_peers, &visiting);
	}
	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		if (!policy->selects_nothing)
			visit(context, "",
			      &(struct peer){.kind = PEER_PODS,
					     .namespaces = policy->namespaces,
					     .pods = policy->pods});
		visit_cluster_policy(policy, visit_peers, &visiting);
	}
}
