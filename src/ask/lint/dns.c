/*
 * Finds egress that is isolated and does not let out DNS.
 *
 * In:  groups of pods that are under the same egress policies; and for a policy that selects no
 * known pods, the policies under which its pods would be.
 *
 * The hard idea: one of the policies must let DNS out, and the servers need not be in the input. So
 * a rule that names port 53 is enough, whoever its peers are; a rule for all ports is enough if a
 * DNS server can be among its peers. If no rule lets out anything, nothing is said, because that is
 * meant.
 */
#include "ask/lint/crowd.h"
#include "ask/lint/entries.h"
#include "ask/lint/services.h"
#include "ask/lint/within.h"
#include "ask/lint/finding_words.h"
#include "base/arena.h"
#include "base/numbers.h"

#define DNS_PORT 53

/* What is asked about every group.  */
struct dns_question {
	struct lint *lint;
	const struct check *check;
	/* The DNS servers of the input; if it has none, the one that a cluster usually has.  */
	const struct pod *servers;
	size_t server_count;
	/* Those ports of the input's Services that are for DNS. */
	const struct service_port **targets;
	size_t target_count;
	bool *told; /* index: policy; a finding says it already */
	/* Index: policy.  What its own rules let out, once that is known.  */
	struct dns_answer {
		bool known, allows;
	} * answers[2]; /* the first is about UDP, the second about TCP */
};

/*
 * Is it a port to which a Service for DNS is translated? A policy sees a packet after the
 * translation.  DNS servers listen on the usual ports of OpenShift and other distributions, or on
 * those that the input says.
 */
static bool is_behind_service(const struct dns_question *question, const struct port *port)
{
	static const uint16_t usual[] = {5353, 1053, 8053};

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (!port->name && port->first == usual[i] && port->last == usual[i])
			return true;
	for (size_t i = 0; i < question->target_count; i++) {
		const struct service_port *target = question->targets[i];

		if (target->protocol != port->protocol)
			continue;
		if (port->name && target->target_name && !strcmp(port->name, target->target_name))
			return true;
		if (!port->name && !target->target_name && port->first <= target->target_number &&
		    target->target_number <= port->last)
			return true;
	}
	return false;
}

static bool is_all(const struct port *port, enum protocol protocol)
{
	return port->protocol == protocol && !port->name && port->first <= 1 &&
	       port->last == UINT16_MAX;
}

/* Does the rule let out DNS by naming its port, or a range that is not all? */
static bool names_dns(const struct dns_question *question, const struct policy_rule *rule,
		      const struct port *port, enum protocol protocol)
{
	bool to_pods = !rule->peer_count;

	if (port->protocol != protocol || is_all(port, protocol))
		return false;
	for (size_t i = 0; i < rule->peer_count; i++)
		to_pods |= rule->peers[i].kind == PEER_PODS;
	if (to_pods && is_behind_service(question, port))
		return true;
	if (port->name)
		return strstr(port->name, "dns") || !strcmp(port->name, "domain");
	return port->first <= DNS_PORT && port->last >= DNS_PORT;
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

static bool leads_to_dns(const struct lint *lint, const struct service *service,
			 const struct pod *pod, void *context)
{
	bool *found = context;

	(void)lint;
	(void)pod;
	for (size_t i = 0; i < service->port_count; i++)
		*found |= service->ports[i].number == DNS_PORT;
	return !*found;
}

static bool is_server(const struct lint *lint, const struct pod *pod)
{
	const uint32_t key = objects_find(lint->objects, "k8s-app");
	const uint32_t value = objects_find(lint->objects, "kube-dns");
	bool found = false;

	for (size_t i = 0; i < pod->label_count; i++)
		if (key != TABLE_NONE && pod->labels[i].key == key && pod->labels[i].value == value)
			return true;
	lint_each_service(lint, pod, leads_to_dns, &found);
	return found;
}

/*
 * Does one of the servers have an address in what the excepts leave of the block? @whole: in its
 * whole CIDR.
 */
static bool block_holds_server(const struct dns_question *question, const struct peer *block,
			       bool whole)
{
	const struct remainder *left = lint_remainder(question->lint, block);
	const struct range range = cidr_range(&block->cidr);

	for (size_t i = 0; i < question->server_count; i++) {
		const struct pod *pod = &question->servers[i];

		for (size_t k = 0; k < pod->addr_count; k++) {
			struct range one;

			memcpy(one.first, pod->addrs[k].bytes, 16);
			memcpy(one.last, pod->addrs[k].bytes, 16);
			if (pod->addrs[k].family == block->cidr.base.family &&
			    (whole ? range_has(&range, &pod->addrs[k])
				   : remainder_holds(left, &one)))
				return true;
		}
	}
	return false;
}

/*
 * May a DNS server be in the block? Not if a known one would be in it, and its excepts cut out all
 * known ones.
 */
static bool block_may_have(const struct dns_question *question, const struct peer *block)
{
	return block_holds_server(question, block, false) ||
	       !block_holds_server(question, block, true);
}

static bool may_be_dns(const struct dns_question *question, const struct policy *policy,
		       const struct peer *peer)
{
	const struct lint *lint = question->lint;

	if (peer->kind == PEER_BLOCK)
		return block_may_have(question, peer);
	return mentions_dns(lint, peer->pods) || mentions_dns(lint, peer->namespaces) ||
	       lint_means_one_of(lint, policy, peer, question->servers, question->server_count);
}

static bool rule_allows(const struct dns_question *question, const struct policy *policy,
			const struct policy_rule *rule, enum protocol protocol)
{
	bool all = !rule->port_count;

	for (size_t i = 0; i < rule->port_count; i++) {
		if (names_dns(question, rule, &rule->ports[i], protocol))
			return true;
		all |= is_all(&rule->ports[i], protocol);
	}
	for (size_t i = 0; all && i < rule->peer_count; i++)
		if (may_be_dns(question, policy, &rule->peers[i]))
			return true;
	return all && !rule->peer_count;
}

/* The policies under which some pods are, by their numbers, ascending.  */
struct together {
	uint32_t *policies;
	size_t count;
	bool is_audited; /* all of them are audited, or none of them is */
};

static bool policy_allows(const struct dns_question *question, uint32_t number,
			  enum protocol protocol)
{
	struct dns_answer *answer = &question->answers[protocol == TCP][number];
	const struct policy *policy = &question->lint->objects->policies[number];

	for (size_t i = 0; !answer->known && i < policy->rule_count[EGRESS]; i++)
		answer->allows |=
			rule_allows(question, policy, &policy->rules[EGRESS][i], protocol);
	answer->known = true;
	return answer->allows;
}

static bool any_allows(const struct dns_question *question, const struct together *together,
		       enum protocol protocol)
{
	for (size_t i = 0; i < together->count; i++)
		if (policy_allows(question, together->policies[i], protocol))
			return true;
	return false;
}

/* The first policy that lets anything out; UINT32_MAX: none does.  */
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
static const char add_tcp[] = "let out the same port over TCP, too";

/*
 * Each protocol has a check of its own: one is about those that cannot use UDP, the other about
 * those that can use UDP but not TCP.
 */
static void ask_of(struct dns_question *question, const struct together *together, const char *pods)
{
	struct lint *lint = question->lint;
	const bool of_tcp = question->check->run == check_dns_without_tcp;
	uint32_t place = first_with_rules(lint, together);
	const struct policy *policy;
	bool udp;

	if (place == UINT32_MAX || question->told[place])
		return;
	udp = any_allows(question, together, UDP);
	if (udp != of_tcp || (of_tcp && any_allows(question, together, TCP)))
		return;
	question->told[place] = true;
	policy = &lint->objects->policies[place];
	if (of_tcp)
		lint_add(lint, question->check, policy, policy->mark, add_tcp,
			 "%s may ask DNS over UDP only: an answer too long for that comes over "
			 "TCP, which no "
			 "rule of %s lets out",
			 pods, names(lint, together));
	else
		lint_add(lint, question->check, policy, policy->mark, add_rule,
			 "%s cannot look up names: no rule of %s lets 53/UDP out to a DNS server",
			 pods, names(lint, together));
}

/*
 * The DNS server that a cluster usually has, with the labels that selectors of the input ask for.
 */
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

/* A server with its own addresses alone: those that the world made up are in no block.  */
static struct pod server_of(const struct lint *lint, uint32_t number)
{
	const struct pod *pod = &lint->objects->pods[number];
	struct pod server = *pod;

	server.addrs = NULL;
	server.addr_count = 0;
	for (size_t i = 0; i < pod->addr_count; i++)
		if (lint_party(lint, number)->known[pod->addrs[i].family])
			arena_push(lint->arena, server.addrs, server.addr_count, pod->addrs[i]);
	return server;
}

static void find_servers(struct dns_question *question)
{
	struct lint *lint = question->lint;
	struct pod *pods = NULL;
	size_t count = 0;

	for (uint32_t i = 0; i < lint->objects->pod_count; i++)
		if (lint_is_known(lint, i) && is_server(lint, &lint->objects->pods[i]))
			arena_push(lint->arena, pods, count, server_of(lint, i));
	if (!count)
		arena_push(lint->arena, pods, count, usual_server(lint));
	question->servers = pods;
	question->server_count = count;
}

static void find_targets(struct dns_question *question)
{
	const struct objects *objects = question->lint->objects;

	for (size_t i = 0; i < objects->service_count; i++)
		for (size_t k = 0; k < objects->services[i].port_count; k++)
			if (objects->services[i].ports[k].number == DNS_PORT)
				arena_push(question->lint->arena, question->targets,
					   question->target_count, &objects->services[i].ports[k]);
}

/* How many known pods of the group are no DNS servers themselves; *first is one of them.  */
static size_t count_askers(const struct lint *lint, const struct group *group, uint32_t *first)
{
	size_t count = 0;

	for (size_t i = 0; i < group->pod_count; i++) {
		uint32_t pod = group->pods[i];

		if (lint_is_known(lint, pod) && !is_server(lint, &lint->objects->pods[pod]) &&
		    !count++)
			*first = pod;
	}
	return count;
}

static void ask_groups(struct dns_question *question)
{
	struct lint *lint = question->lint;
	const struct resolved *resolved = lint->world->resolved;

	for (size_t i = 0; i < resolved->group_count; i++) {
		const struct group *group = &resolved->groups[i];
		struct together together = {0};
		uint32_t first = 0;
		size_t count;

		if (group->direction != EGRESS)
			continue;
		arena_reset(lint->scratch);
		count = count_askers(lint, group, &first);
		for (size_t k = 0; count && k < group->policy_count; k++)
			arena_push(lint->scratch, together.policies, together.count,
				   group->policies[k]);
		if (count)
			ask_of(question, &together, lint_pods_text(lint, first, count));
	}
}

static void add_around(const struct lint *lint, uint32_t policy, void *context)
{
	struct together *together = context;

	if (lint->objects->policies[policy].isolates[EGRESS] &&
	    lint->objects->policies[policy].is_audited == together->is_audited)
		arena_push(lint->scratch, together->policies, together->count, policy);
}

/*
 * Asks about policies whose pods are not known.  Their words tell the policies under which the pods
 * are, whatever they are.
 */
static void ask_policies(struct dns_question *question)
{
	struct lint *lint = question->lint;

	for (size_t i = 0; i < lint->objects->policy_count; i++) {
		const struct policy *policy = &lint->objects->policies[i];
		struct together together = {.is_audited = policy->is_audited};

		arena_reset(lint->scratch);
		if (!policy->rule_count[EGRESS] || lint_has_pods(lint, policy->namespace) ||
		    lint_contradiction(lint, policy->pods, false))
			continue;
		lint_policies_around(lint, policy, add_around, &together);
		together.count = numbers_sort(together.policies, together.count);
		ask_of(question, &together, lint_selected_text(lint, policy));
	}
}

static void ask(struct lint *lint, const struct check *check)
{
	struct dns_question question = {.lint = lint, .check = check};
	const size_t policies = lint->objects->policy_count;

	question.told = arena_array(lint->arena, policies, sizeof(bool));
	for (size_t i = 0; i < 2; i++)
		question.answers[i] =
			arena_array(lint->arena, policies, sizeof(*question.answers[i]));
	find_servers(&question);
	find_targets(&question);
	ask_groups(&question);
	ask_policies(&question);
}

void check_without_dns(struct lint *lint, const struct check *check)
{
	ask(lint, check);
}

void check_dns_without_tcp(struct lint *lint, const struct check *check)
{
	ask(lint, check);
}
