/*
 * Egress that is isolated without DNS.
 *
 * In:  the groups of pods that are under the same egress policies; where a policy selects nobody that is
 *      known, the policies that whoever it selects would be under.
 *
 * The hard idea: it is the union of the policies that must let DNS out, and the servers may not be in the
 * input.  So a rule that names port 53 will do, whoever its peers are; one for all ports, if a DNS server
 * can be among its peers.  Where no rule lets out anything, nothing is said: that is meant.
 */
#include "ask/lint/parts.h"

#include "base/arena.h"

#define DNS_PORT 53

/* What is asked of every group. */
struct asking {
	struct lint *lint;
	const struct check *check;
	/* The DNS servers of the input; of none, the one that a cluster usually has. */
	const struct match_index *servers;
	size_t server_count;
	bool *told; /* by policy */
};

/* Is it what DNS servers call their port? */
static bool is_dns_name(const struct lint *lint, const char *name)
{
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		const struct service *service = &lint->objects->services[i];

		for (size_t k = 0; k < service->port_count; k++)
			if (service->ports[k].number == DNS_PORT && service->ports[k].target_name &&
			    !strcmp(service->ports[k].target_name, name))
				return true;
	}
	return strstr(name, "dns") || !strcmp(name, "domain");
}

/* Does it name the port, or a range that is not all? */
static bool names_dns(const struct lint *lint, const struct port *port, enum protocol protocol)
{
	if (port->protocol != protocol)
		return false;
	if (port->name)
		return is_dns_name(lint, port->name);
	return port->first <= DNS_PORT && port->last >= DNS_PORT &&
	       !(port->first <= 1 && port->last == UINT16_MAX);
}

static bool is_all(const struct port *port, enum protocol protocol)
{
	return port->protocol == protocol && !port->name && port->first <= 1 &&
	       port->last == UINT16_MAX;
}

static bool mentions_dns(const struct lint *lint, const struct selector *selector)
{
	for (size_t i = 0; selector && i < selector->count; i++) {
		const struct requirement *one = &selector->requirements[i];

		if (strstr(lint->objects->string_of[one->key], "dns"))
			return true;
		for (size_t k = 0; k < one->count; k++) {
			const char *value = lint->objects->string_of[one->values[k]];

			if (strstr(value, "dns") || !strcmp(value, "kube-system"))
				return true;
		}
	}
	return false;
}

static bool is_server(const struct lint *lint, const struct pod *pod)
{
	const uint32_t key = objects_find(lint->objects, "k8s-app");
	const uint32_t value = objects_find(lint->objects, "kube-dns");

	for (size_t i = 0; i < pod->label_count; i++)
		if (key != TABLE_NONE && pod->labels[i].key == key && pod->labels[i].value == value)
			return true;
	for (size_t i = 0; i < lint->objects->service_count; i++) {
		const struct service *service = &lint->objects->services[i];

		for (size_t k = 0; k < service->port_count; k++)
			if (service->ports[k].number == DNS_PORT &&
			    lint_service_selects(service, pod))
				return true;
	}
	return false;
}

static bool any_is_server(const struct lint *lint, const struct bits *pods)
{
	for (size_t i = 0; (i = bits_next(pods, i)) < pods->size; i++)
		if (is_server(lint, &lint->objects->pods[i]))
			return true;
	return false;
}

/* A block that its excepts cut all known servers out of, and that would hold one without them, has none. */
static bool block_may_have(const struct asking *asking, const struct policy *policy,
			   const struct peer *block)
{
	struct lint *lint = asking->lint;
	const struct peer whole = {.kind = PEER_BLOCK, .cidr = block->cidr};

	lint_peer_pods(lint, policy, block, &lint->others);
	if (any_is_server(lint, &lint->others))
		return true;
	lint_peer_pods(lint, policy, &whole, &lint->others);
	return !any_is_server(lint, &lint->others);
}

static bool may_be_dns(const struct asking *asking, const struct policy *policy,
		       const struct peer *peer)
{
	struct bits pods;

	if (peer->kind == PEER_BLOCK)
		return block_may_have(asking, policy, peer);
	if (mentions_dns(asking->lint, peer->pods) || mentions_dns(asking->lint, peer->namespaces))
		return true;
	pods = bits_new(asking->lint->arena, asking->server_count);
	lint_match_peer(asking->lint, asking->servers, policy, peer, &pods);
	return !bits_are_none(&pods);
}

static bool rule_allows(const struct asking *asking, const struct policy *policy,
			const struct policy_rule *rule, enum protocol protocol)
{
	bool all = !rule->port_count;

	for (size_t i = 0; i < rule->port_count; i++) {
		if (names_dns(asking->lint, &rule->ports[i], protocol))
			return true;
		all |= is_all(&rule->ports[i], protocol);
	}
	for (size_t i = 0; all && i < rule->peer_count; i++)
		if (may_be_dns(asking, policy, &rule->peers[i]))
			return true;
	return all && !rule->peer_count;
}

/* Policies by number, ascending. */
struct together {
	uint32_t *policies;
	size_t count;
};

static bool any_allows(const struct asking *asking, const struct together *together,
		       enum protocol protocol)
{
	for (size_t i = 0; i < together->count; i++) {
		const struct policy *policy =
			&asking->lint->objects->policies[together->policies[i]];

		for (size_t k = 0; k < policy->rule_count[EGRESS]; k++)
			if (rule_allows(asking, policy, &policy->rules[EGRESS][k], protocol))
				return true;
	}
	return false;
}

/* The first that lets anything out; UINT32_MAX: none does. */
static uint32_t first_with_rules(const struct lint *lint, const struct together *together)
{
	for (size_t i = 0; i < together->count; i++)
		if (lint->objects->policies[together->policies[i]].rule_count[EGRESS])
			return together->policies[i];
	return UINT32_MAX;
}

static const char *names(const struct lint *lint, const struct together *together)
{
	struct string text = {0};

	arena_append(lint->arena, &text, "%s ", together->count > 1 ? "policies" : "policy");
	for (size_t i = 0; i < together->count; i++)
		arena_append(lint->arena, &text, "%s%s", i ? ", " : "",
			     lint->objects->policies[together->policies[i]].name);
	return text.text;
}

static const char add_rule[] =
	"add an egress rule: to namespaceSelector kubernetes.io/metadata.name: kube-system with "
	"podSelector k8s-app: kube-dns, ports 53/UDP and 53/TCP";
static const char add_tcp[] = "add port 53/TCP beside 53/UDP";

/* Both protocols are asked for by one check each: without UDP, or with it but without TCP. */
static void ask_of(struct asking *asking, const struct together *together, const char *pods)
{
	struct lint *lint = asking->lint;
	const bool of_tcp = asking->check->run == check_dns_without_tcp;
	uint32_t place = first_with_rules(lint, together);
	const struct policy *policy;
	bool udp;

	if (place == UINT32_MAX || asking->told[place])
		return;
	udp = any_allows(asking, together, UDP);
	if (udp != of_tcp || (of_tcp && any_allows(asking, together, TCP)))
		return;
	asking->told[place] = true;
	policy = &lint->objects->policies[place];
	if (of_tcp)
		lint_add(lint, asking->check, policy, policy->mark, add_tcp,
			 "%s may ask DNS over UDP only: an answer too long for that comes over "
			 "53/TCP, which no rule of %s lets out",
			 pods, names(lint, together));
	else
		lint_add(lint, asking->check, policy, policy->mark, add_rule,
			 "%s cannot look up names: no rule of %s lets 53/UDP out to a DNS server",
			 pods, names(lint, together));
}

/* What a cluster usually has, by the labels that selectors here ask for. */
static struct pod usual_server(const struct lint *lint)
{
	struct pod pod = {.namespace = "kube-system", .name = "kube-dns"};
	struct label *label = arena_alloc(lint->arena, sizeof(*label));

	label->key = objects_find(lint->objects, "k8s-app");
	label->value = objects_find(lint->objects, "kube-dns");
	if (label->key != TABLE_NONE && label->value != TABLE_NONE) {
		pod.labels = label;
		pod.label_count = 1;
	}
	return pod;
}

static void find_servers(struct asking *asking)
{
	struct lint *lint = asking->lint;
	struct objects *objects = arena_alloc(lint->arena, sizeof(*objects));
	struct pod *pods = NULL;
	size_t count = 0;

	for (size_t i = 0; (i = bits_next(&lint->known, i)) < lint->known.size; i++)
		if (is_server(lint, &lint->objects->pods[i]))
			arena_push(lint->arena, pods, count, lint->objects->pods[i]);
	if (!count)
		arena_push(lint->arena, pods, count, usual_server(lint));
	*objects = *lint->objects;
	objects->pods = pods;
	objects->pod_count = count;
	asking->servers = match_index_new(lint->arena, objects);
	asking->server_count = count;
}

/* The known pods of a group that are no DNS servers themselves. */
static void pods_of(struct lint *lint, const struct group *group, struct bits *pods)
{
	bits_clear(pods);
	for (size_t i = 0; i < group->pod_count; i++)
		if (bits_has(&lint->known, group->pods[i]) &&
		    !is_server(lint, &lint->objects->pods[group->pods[i]]))
			bits_set(pods, group->pods[i]);
}

static void ask_groups(struct asking *asking)
{
	struct lint *lint = asking->lint;
	const struct resolved *resolved = lint->world->resolved;

	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];
		struct together together = {NULL, 0};

		if (group->direction != EGRESS)
			continue;
		pods_of(lint, group, &lint->pods);
		if (bits_are_none(&lint->pods))
			continue;
		for (size_t k = 0; k < group->policy_count; k++)
			arena_push(lint->arena, together.policies, together.count,
				   group->policies[k]);
		ask_of(asking, &together, lint_pods_text(lint, &lint->pods));
	}
}

/* The policies that whatever this one selects is under, by their words. */
static struct together around(const struct lint *lint, const struct policy *policy)
{
	struct together together = {0};

	for (uint32_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *other = &lint->objects->policies[i];

		if (other->isolates[EGRESS] && !strcmp(other->namespace, policy->namespace) &&
		    selector_within(policy->pods, other->pods))
			arena_push(lint->arena, together.policies, together.count, i);
	}
	return together;
}

/* Where the pods are not known. */
static void ask_policies(struct asking *asking)
{
	struct lint *lint = asking->lint;

	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		struct together together;

		if (!policy->rule_count[EGRESS] || lint_has_pods(lint, policy->namespace) ||
		    lint_contradiction(lint, policy->pods, false))
			continue;
		together = around(lint, policy);
		ask_of(asking, &together, lint_selected_text(lint, policy));
	}
}

static void ask(struct lint *lint, const struct check *check)
{
	struct asking asking = {.lint = lint, .check = check};

	asking.told = arena_array(lint->arena, lint->objects->policy_count, sizeof(bool));
	find_servers(&asking);
	ask_groups(&asking);
	ask_policies(&asking);
}

void check_without_dns(struct lint *lint, const struct check *check)
{
	ask(lint, check);
}

void check_dns_without_tcp(struct lint *lint, const struct check *check)
{
	ask(lint, check);
}
