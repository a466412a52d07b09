/*
 * Makes random clusters with cluster policies, and says what they mean by the words of the API,
 * rule by rule and pod by pod.  Nothing here knows rulesets; from the program it uses only
 * model/meaning.h, for single selectors.
 */
#ifndef NP2NFT_CLUSTER_H
#define NP2NFT_CLUSTER_H

#include "unit.h"

#include "model/meaning.h"
#include "model/shared_address.h"
#include "ruleset/ruleset.h"

#include <netinet/in.h>

/* How many objects of each kind there are. */
struct cluster_shape {
	unsigned namespaces, pods, policies, cluster_policies, rules, nodes;
	bool shares; /* some pods share an address */
	bool has_blocks, has_nodes, has_names, has_closed;
};

static const char *const cluster_names[] = {"web", "api", "db", "log"};
static const char *const cluster_keys[] = {"app", "tier", "rare"};

static inline uint32_t cluster_string(struct objects *objects, const char *text)
{
	return objects_intern(objects, text, strlen(text));
}

static inline int cluster_compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static inline struct label *cluster_labels(struct objects *objects, const char *name, size_t *count)
{
	struct label *labels = NULL;

	*count = 0;
	if (name)
		arena_push(objects->arena, labels, *count,
			   ((struct label){cluster_string(objects, NAMESPACE_NAME_LABEL),
					   cluster_string(objects, name)}));
	for (size_t i = 0; i < COUNT(cluster_keys); i++)
		if (dice(3))
			arena_push(
				objects->arena, labels, *count,
				((struct label){cluster_string(objects, cluster_keys[i]),
						cluster_string(objects, cluster_names[dice(3)])}));
	if (*count)
		qsort(labels, *count, sizeof(*labels), cluster_compare_labels);
	return labels;
}

/* Makes a selector with no, one or two requirements. */
static inline const struct selector *cluster_selector(struct objects *objects)
{
	struct selector *selector = arena_alloc(objects->arena, sizeof(*selector));
	unsigned first = dice(COUNT(cluster_keys));

	for (unsigned i = dice(5) ? dice(3) : 0; i > 0; i--) {
		struct requirement requirement = {
			.key = cluster_string(objects,
					      cluster_keys[(first + i) % COUNT(cluster_keys)]),
			.op = (enum operator)dice(4),
		};

		if (requirement.op == OP_IN || requirement.op == OP_NOT_IN)
			arena_push(objects->arena, requirement.values, requirement.count,
				   cluster_string(objects, cluster_names[dice(3)]));
		arena_push(objects->arena, selector->requirements, selector->count, requirement);
	}
	return selector;
}

static inline struct addr cluster_addr(unsigned number, enum family family)
{
	struct addr addr = {.family = family};

	addr.bytes[0] = family == V4 ? 10 : 0xfd;
	addr.bytes[family_len(family) - 1] = (uint8_t)number;
	return addr;
}

static inline struct cidr cluster_cidr(void)
{
	const enum family family = dice(4) ? V4 : V6;
	const unsigned bits = 8 * (unsigned)family_len(family);
	const unsigned host = dice(5) ? dice(6) : bits;
	struct cidr cidr = {
		.base = cluster_addr(dice(64) & ~((1u << (host > 6 ? 6 : host)) - 1), family),
		.prefix = bits - host,
		.written = bits - host};

	if (host == bits)
		cidr.base.bytes[0] = 0;
	return cidr;
}

static inline struct peer cluster_peer(struct objects *objects, const struct cluster_shape *shape,
				       enum direction direction)
{
	struct peer peer = {.kind = PEER_PODS};

	if (direction == EGRESS && shape->has_blocks && dice(3) == 0)
		return (struct peer){.kind = PEER_BLOCK, .cidr = cluster_cidr()};
	if (direction == EGRESS && shape->has_nodes && dice(4) == 0)
		return (struct peer){.kind = PEER_NODES, .nodes = cluster_selector(objects)};
	if (direction == EGRESS && shape->has_nodes && dice(12) == 0)
		return (struct peer){.kind = PEER_DOMAIN, .domain = "example.com"};
	peer.namespaces = cluster_selector(objects);
	peer.pods = cluster_selector(objects);
	return peer;
}

static inline struct port cluster_port(const struct cluster_shape *shape)
{
	static const enum protocol protocols[] = {TCP, UDP, SCTP};
	const unsigned first = 1 + dice(12);
	struct port port = {.protocol = protocols[dice(5) ? 0 : dice(3)]};

	if (shape->has_names && dice(4) == 0)
		return (struct port){.name = dice(2) ? "http" : "dns",
				     .last = 65535,
				     .protocol = dice(2) ? PROTOCOL_ANY : TCP};
	port.first = (uint16_t)first;
	port.last = (uint16_t)(dice(3) ? first : first + dice(8));
	if (dice(12) == 0) {
		port.first = 1;
		port.last = 65535;
	}
	return port;
}

static inline struct tier_rule
cluster_rule(struct objects *objects, const struct cluster_shape *shape, enum direction direction)
{
	struct tier_rule rule = {.name = dice(2) ? "" : cluster_names[dice(4)],
				 .action = (enum action)dice(3)};

	if (shape->has_closed && dice(25) == 0) {
		rule.is_closed = true;
		return rule;
	}
	for (unsigned i = 1 + dice(3); i > 0; i--)
		arena_push(objects->arena, rule.peers, rule.peer_count,
			   cluster_peer(objects, shape, direction));
	for (unsigned i = dice(2) ? 0 : 1 + dice(3); i > 0; i--)
		arena_push(objects->arena, rule.ports, rule.port_count, cluster_port(shape));
	return rule;
}

static inline struct cluster_policy
cluster_policy_of(struct objects *objects, const struct cluster_shape *shape, unsigned number)
{
	struct cluster_policy policy = {
		.name = arena_printf(objects->arena, "c%u", number),
		.tier = (enum tier)dice(2),
		.priority = (uint16_t)dice(4),
		.namespaces = cluster_selector(objects),
		.pods = cluster_selector(objects),
		.selects_nothing = dice(30) == 0,
	};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		for (unsigned i = dice(4) ? dice(shape->rules + 1) : 0; i > 0; i--)
			arena_push(objects->arena, policy.rules[direction],
				   policy.rule_count[direction],
				   cluster_rule(objects, shape, direction));
	return policy;
}

static inline struct policy
cluster_network_policy(struct objects *objects, const struct cluster_shape *shape, unsigned number)
{
	struct policy policy = {
		.name = arena_printf(objects->arena, "p%u", number),
		.namespace = arena_printf(objects->arena, "n%u", dice(shape->namespaces)),
		.pods = cluster_selector(objects),
	};

	policy.is_audited = !dice(6);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		policy.isolates[direction] = dice(3) > 0;
		for (unsigned i = policy.isolates[direction] ? dice(3) : 0; i > 0; i--) {
			struct policy_rule rule = {0};

			if (dice(6))
				arena_push(objects->arena, rule.peers, rule.peer_count,
					   cluster_peer(objects,
							&(struct cluster_shape){
								.has_blocks = shape->has_blocks},
							direction));
			if (dice(2))
				arena_push(objects->arena, rule.ports, rule.port_count,
					   cluster_port(&(struct cluster_shape){0}));
			arena_push(objects->arena, policy.rules[direction],
				   policy.rule_count[direction], rule);
		}
	}
	return policy;
}

static inline struct pod cluster_pod(struct objects *objects, const struct cluster_shape *shape,
				     unsigned number)
{
	struct pod pod = {
		.name = arena_printf(objects->arena, "pod%02u", number),
		.namespace = arena_printf(objects->arena, "n%u",
					  number * shape->namespaces / shape->pods),
		.node = "",
	};
	static const enum protocol protocols[] = {TCP, UDP};
	const unsigned at = shape->shares && dice(4) == 0 ? dice(8) : number;

	pod.labels = cluster_labels(objects, NULL, &pod.label_count);
	arena_push(objects->arena, pod.addrs, pod.addr_count, cluster_addr(1 + at, V4));
	if (dice(3) == 0)
		arena_push(objects->arena, pod.addrs, pod.addr_count, cluster_addr(1 + number, V6));
	for (unsigned i = dice(3); i > 0; i--)
		arena_push(objects->arena, pod.ports, pod.port_count,
			   ((struct pod_port){dice(2) ? "http" : "dns", protocols[dice(2)],
					      (uint16_t)(1 + dice(12))}));
	return pod;
}

static inline int cluster_compare_policies(const void *a, const void *b)
{
	const struct cluster_policy *x = a, *y = b;
	int order = (int)x->tier - (int)y->tier;

	if (!order)
		order = (int)x->priority - (int)y->priority;
	return order ? order : strcmp(x->name, y->name);
}

static inline int cluster_compare_network_policies(const void *a, const void *b)
{
	const struct policy *x = a, *y = b;
	int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

/*
 * Makes objects as the reader leaves them: they are sorted, and it is known which pods share an
 * address.
 */
static inline struct objects *cluster_objects(struct arena *arena,
					      const struct cluster_shape *shape)
{
	struct objects *objects = arena_alloc(arena, sizeof(*objects));

	*objects = (struct objects){.arena = arena, .strings = {.arena = arena}};
	for (unsigned i = 0; i < shape->namespaces; i++) {
		struct namespace namespace = {.name = arena_printf(arena, "n%u", i)};

		namespace.labels = cluster_labels(objects, namespace.name, &namespace.label_count);
		arena_push(arena, objects->namespaces, objects->namespace_count, namespace);
	}
	for (unsigned i = 0; i < shape->pods; i++)
		arena_push(arena, objects->pods, objects->pod_count,
			   cluster_pod(objects, shape, i));
	for (unsigned i = 0; i < shape->nodes; i++) {
		struct cluster_node node = {.name = arena_printf(arena, "node%u", i)};

		node.labels = cluster_labels(objects, NULL, &node.label_count);
		arena_push(arena, node.addrs, node.addr_count, cluster_addr(50 + i, V4));
		if (dice(2))
			arena_push(arena, node.addrs, node.addr_count, cluster_addr(50 + i, V6));
		arena_push(arena, objects->nodes, objects->node_count, node);
	}
	for (unsigned i = 0; i < shape->policies; i++)
		arena_push(arena, objects->policies, objects->policy_count,
			   cluster_network_policy(objects, shape, i));
	for (unsigned i = 0; i < shape->cluster_policies; i++)
		arena_push(arena, objects->cluster_policies, objects->cluster_policy_count,
			   cluster_policy_of(objects, shape, i));
	if (objects->policy_count)
		qsort(objects->policies, objects->policy_count, sizeof(struct policy),
		      cluster_compare_network_policies);
	if (objects->cluster_policy_count)
		qsort(objects->cluster_policies, objects->cluster_policy_count,
		      sizeof(struct cluster_policy), cluster_compare_policies);
	objects_share(objects);
	return objects;
}

/* The first packet of a connection. */
struct cluster_packet {
	struct addr from, to;
	enum protocol protocol; /* ICMP stands for both families' ICMP, which has no ports */
	uint16_t port;
};

static inline bool cluster_has(const struct pod *pod, const struct addr *addr)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		if (!memcmp(&pod->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

/* Returns the pod that has the address, or NULL. */
static inline const struct pod *cluster_pod_at(const struct objects *objects,
					       const struct addr *addr)
{
	for (size_t i = 0; i < objects->pod_count; i++)
		if (cluster_has(&objects->pods[i], addr))
			return &objects->pods[i];
	return NULL;
}

static inline bool cluster_selects(const struct objects *objects, const struct selector *namespaces,
				   const struct selector *pods, const struct pod *pod)
{
	struct label own;
	size_t count;
	const struct label *labels =
		objects_namespace_labels(objects, pod->namespace, &own, &count);

	return selector_matches(namespaces, labels, count) &&
	       selector_matches(pods, pod->labels, pod->label_count);
}

/* Does the peer mean the address @other? */
static inline bool cluster_peer_means(const struct objects *objects, const struct peer *peer,
				      const char *namespace, const struct addr *other)
{
	const struct pod *pod = cluster_pod_at(objects, other);

	switch (peer->kind) {
	case PEER_PODS:
		return pod && (peer->namespaces
				       ? cluster_selects(objects, peer->namespaces, peer->pods, pod)
				       : !strcmp(pod->namespace, namespace) &&
						 selector_matches(peer->pods, pod->labels,
								  pod->label_count));
	case PEER_BLOCK:
		return block_has(peer, other);
	case PEER_NODES:
		for (size_t i = 0; i < objects->node_count; i++) {
			const struct cluster_node *node = &objects->nodes[i];

			for (size_t k = 0; k < node->addr_count; k++)
				if (!memcmp(&node->addrs[k], other, sizeof(*other)) &&
				    selector_matches(peer->nodes, node->labels, node->label_count))
					return true;
		}
		return false;
	case PEER_DOMAIN:
		return false;
	}
	return false;
}

/* Does the entry of ports match? A name is asked of the pod that is called, if there is one. */
static inline bool cluster_port_means(const struct port *port, const struct pod *called,
				      const struct cluster_packet *packet)
{
	if (!port->name)
		return port->protocol == packet->protocol && packet->port >= port->first &&
		       packet->port <= port->last;
	for (size_t i = 0; called && i < called->port_count; i++)
		if (!strcmp(called->ports[i].name, port->name) &&
		    called->ports[i].protocol == packet->protocol &&
		    called->ports[i].number == packet->port &&
		    (port->protocol == PROTOCOL_ANY || port->protocol == packet->protocol))
			return true;
	return false;
}

static inline bool cluster_rule_means(const struct objects *objects, const struct peer *peers,
				      size_t peer_count, const struct port *ports,
				      size_t port_count, const char *namespace,
				      enum direction direction, const struct cluster_packet *packet)
{
	const struct addr *other = direction == INGRESS ? &packet->from : &packet->to;
	const struct pod *called = cluster_pod_at(objects, &packet->to);
	bool means_peer = !peer_count, means_port = !port_count;

	for (size_t i = 0; i < peer_count; i++)
		means_peer |= cluster_peer_means(objects, &peers[i], namespace, other);
	for (size_t i = 0; i < port_count; i++)
		means_port |= cluster_port_means(&ports[i], called, packet);
	return means_peer && means_port;
}

/* Returns what a tier says to a packet of the pod, in the API's words. */
static inline enum action cluster_tier_says(const struct objects *objects, enum tier tier,
					    const struct pod *pod, enum direction direction,
					    const struct cluster_packet *packet)
{
	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		if (policy->tier != tier || policy->selects_nothing ||
		    !cluster_selects(objects, policy->namespaces, policy->pods, pod))
			continue;
		for (size_t k = 0; k < policy->rule_count[direction]; k++) {
			const struct tier_rule *rule = &policy->rules[direction][k];

			if (rule->is_closed && rule->action != ACTION_ACCEPT)
				return ACTION_DENY;
			if (!rule->is_closed &&
			    cluster_rule_means(objects, rule->peers, rule->peer_count, rule->ports,
					       rule->port_count, "", direction, packet))
				return rule->action;
		}
	}
	return ACTION_PASS;
}

/* Returns 1 if policies allow the packet, 0 if they deny it, and -1 if none isolates the pod. */
static inline int cluster_policies_say(const struct objects *objects, const struct pod *pod,
				       enum direction direction,
				       const struct cluster_packet *packet)
{
	int says = -1;

	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];

		if (policy->is_audited || !policy->isolates[direction] ||
		    strcmp(policy->namespace, pod->namespace) != 0 ||
		    !selector_matches(policy->pods, pod->labels, pod->label_count))
			continue;
		says = says < 0 ? 0 : says;
		for (size_t k = 0; k < policy->rule_count[direction]; k++) {
			const struct policy_rule *rule = &policy->rules[direction][k];

			if (cluster_rule_means(objects, rule->peers, rule->peer_count, rule->ports,
					       rule->port_count, policy->namespace, direction,
					       packet))
				says = 1;
		}
	}
	/* No isolation stops what a pod sends to itself through a Service. */
	return says == 0 && !memcmp(&packet->from, &packet->to, sizeof(packet->to)) ? 1 : says;
}

/* Do the policies of the pod let the packet through in the direction, and which of them decides? */
static inline bool cluster_pod_judges(const struct objects *objects, const struct pod *pod,
				      enum direction direction, const struct cluster_packet *packet,
				      enum decider *decider)
{
	enum action says = cluster_tier_says(objects, TIER_ADMIN, pod, direction, packet);
	int policies;

	*decider = DECIDER_ADMIN;
	if (says != ACTION_PASS)
		return says == ACTION_ACCEPT;
	*decider = DECIDER_POLICIES;
	policies = cluster_policies_say(objects, pod, direction, packet);
	if (policies >= 0)
		return policies;
	says = cluster_tier_says(objects, TIER_BASELINE, pod, direction, packet);
	*decider = says == ACTION_PASS ? DECIDER_NOBODY : DECIDER_BASELINE;
	return says != ACTION_DENY;
}

static inline bool cluster_pod_allows(const struct objects *objects, const struct pod *pod,
				      enum direction direction, const struct cluster_packet *packet)
{
	enum decider decider;

	return cluster_pod_judges(objects, pod, direction, packet, &decider);
}

/*
 * Do cluster policies let through what the pod sends to its own node?  Policies have no say in
 * that.
 */
static inline bool cluster_allows_to_node(const struct objects *objects, const struct pod *pod,
					  const struct cluster_packet *packet)
{
	enum action says = cluster_tier_says(objects, TIER_ADMIN, pod, EGRESS, packet);

	if (says == ACTION_PASS && cluster_policies_say(objects, pod, EGRESS, packet) < 0)
		says = cluster_tier_says(objects, TIER_BASELINE, pod, EGRESS, packet);
	return says != ACTION_DENY;
}

/* Asks about all pods that have the packet's addresses. */
static inline bool cluster_allows(const struct objects *objects,
				  const struct cluster_packet *packet)
{
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		if (cluster_has(pod, &packet->from) &&
		    !cluster_pod_allows(objects, pod, EGRESS, packet))
			return false;
		if (cluster_has(pod, &packet->to) &&
		    !cluster_pod_allows(objects, pod, INGRESS, packet))
			return false;
	}
	return true;
}

/* Prints the cluster policies in words, for people who look for a fault. */
static inline void cluster_show(const struct objects *objects)
{
	static const char *const actions[] = {"Accept", "Deny", "Pass"};
	struct arena *arena = objects->arena;

	for (size_t i = 0; i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		fprintf(stderr, "# %s %s priority %d: namespaces %s, pods %s%s\n", policy->name,
			policy->tier == TIER_ADMIN ? "Admin" : "Baseline", policy->priority,
			selector_in_words(arena, objects, policy->namespaces),
			selector_in_words(arena, objects, policy->pods),
			policy->selects_nothing ? " (nothing)" : "");
		for (size_t k = 0; k < 2 * 16; k++) {
			const enum direction direction = (enum direction)(k / 16);
			const struct tier_rule *rule = &policy->rules[direction][k % 16];

			if (k % 16 >= policy->rule_count[direction])
				continue;
			fprintf(stderr, "#   %s %s%s", direction == INGRESS ? "from" : "to",
				actions[rule->action], rule->is_closed ? " closed" : "");
			for (size_t n = 0; n < rule->peer_count; n++) {
				const struct peer *peer = &rule->peers[n];
				char text[CIDR_TEXT] = "domain";

				if (peer->kind == PEER_BLOCK)
					cidr_text(&peer->cidr, text);
				fprintf(stderr, " [%s]",
					peer->kind == PEER_PODS
						? pods_in_words(arena, objects, peer, "")
					: peer->kind == PEER_NODES
						? arena_join(arena, "nodes ",
							     selector_in_words(arena, objects,
									       peer->nodes),
							     NULL)
						: text);
			}
			for (size_t n = 0; n < rule->port_count; n++)
				fprintf(stderr, " %d/%s %d-%d", rule->ports[n].protocol,
					rule->ports[n].name ? rule->ports[n].name : "",
					rule->ports[n].first, rule->ports[n].last);
			fprintf(stderr, "\n");
		}
	}
}

#endif
