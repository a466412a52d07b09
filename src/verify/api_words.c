/* Answers each question by reading the API's words one after the other. */
#include "verify/api_words.h"

#include "base/arena.h"

struct words {
	const struct objects *objects;
	const char *node;
	struct table namespaces;             /* the namespaces that have an object */
	const struct namespace **objects_of; /* index: the number in @namespaces */
	size_t namespace_count;
};

struct words *words_new(struct arena *arena, const struct objects *objects, const char *node)
{
	struct words *words = arena_alloc(arena, sizeof(*words));

	words->objects = objects;
	words->node = node;
	words->namespaces.arena = arena;
	for (size_t i = 0; i < objects->namespace_count; i++) {
		const struct namespace *namespace = &objects->namespaces[i];
		bool added;

		table_keep(&words->namespaces, namespace->name, strlen(namespace->name), &added);
		if (added) /* the same Namespace may be there twice */
			arena_push(arena, words->objects_of, words->namespace_count, namespace);
	}
	return words;
}

/* The value of a label; NULL if it is missing. */
static const uint32_t *value_of(const struct label *labels, size_t count, uint32_t key)
{
	for (size_t i = 0; i < count; i++)
		if (labels[i].key == key)
			return &labels[i].value;
	return NULL;
}

static bool one_of(const struct requirement *requirement, uint32_t value)
{
	for (size_t i = 0; i < requirement->count; i++)
		if (requirement->values[i] == value)
			return true;
	return false;
}

/* All requirements must hold; NotIn and DoesNotExist hold also where the key is missing. */
static bool selects(const struct selector *selector, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		const uint32_t *value = value_of(labels, count, requirement->key);
		bool holds = false;

		switch (requirement->op) {
		case OP_IN:
			holds = value && one_of(requirement, *value);
			break;
		case OP_NOT_IN:
			holds = !value || !one_of(requirement, *value);
			break;
		case OP_EXISTS:
			holds = value;
			break;
		case OP_DOES_NOT_EXIST:
			holds = !value;
			break;
		}
		if (!holds)
			return false;
	}
	return true;
}

static bool selects_namespace(const struct words *words, const struct selector *selector,
			      const char *name)
{
	const uint32_t number = table_find(&words->namespaces, name, strlen(name));
	/* A namespace without an object has only the label that every namespace has. */
	const struct label own = {
		objects_find(words->objects, NAMESPACE_NAME_LABEL),
		objects_find(words->objects, name),
	};

	if (number == TABLE_NONE)
		return selects(selector, &own, 1);
	return selects(selector, words->objects_of[number]->labels,
		       words->objects_of[number]->label_count);
}

/*
 * Does a pod of our node have this very address? Only then are policies of the pods at this end
 * enforced here.
 */
static bool is_enforced(const struct words *words, const struct words_end *end)
{
	for (size_t i = 0; i < end->pod_count; i++) {
		const struct pod *pod = &words->objects->pods[end->pods[i]];

		if (words->node && strcmp(pod->node, words->node) != 0)
			continue;
		for (size_t k = 0; k < pod->addr_count; k++)
			if (memcmp(&pod->addrs[k], &end->addr, sizeof(end->addr)) == 0)
				return true;
	}
	return false;
}

static bool isolates_pod(const struct policy *policy, const struct pod *pod)
{
	return strcmp(policy->namespace, pod->namespace) == 0 &&
	       selects(policy->pods, pod->labels, pod->label_count);
}

static bool has_subject(const struct words *words, const struct cluster_policy *policy,
			const struct pod *pod)
{
	return !policy->selects_nothing &&
	       selects_namespace(words, policy->namespaces, pod->namespace) &&
	       selects(policy->pods, pod->labels, pod->label_count);
}

const uint32_t *words_policies(struct arena *arena, const struct words *words,
			       const struct words_end *end, uint32_t pod, enum direction direction,
			       size_t *count)
{
	const struct pod *target = &words->objects->pods[pod];
	uint32_t *policies = NULL;

	*count = 0;
	if (!is_enforced(words, end))
		return NULL;
	for (size_t i = 0; i < words->objects->policy_count; i++) {
		const struct policy *policy = &words->objects->policies[i];

		if (!policy->is_audited && policy->isolates[direction] &&
		    isolates_pod(policy, target))
			arena_push(arena, policies, *count, (uint32_t)i);
	}
	return policies;
}

const uint32_t *words_cluster_policies(struct arena *arena, const struct words *words,
				       const struct words_end *end, uint32_t pod,
				       enum direction direction, size_t *count)
{
	const struct pod *target = &words->objects->pods[pod];
	uint32_t *policies = NULL;

	*count = 0;
	if (!is_enforced(words, end))
		return NULL;
	for (size_t i = 0; i < words->objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &words->objects->cluster_policies[i];

		if (policy->rule_count[direction] && has_subject(words, policy, target))
			arena_push(arena, policies, *count, (uint32_t)i);
	}
	return policies;
}

/* Does one of two pods have a port that the other does not have? */
static bool differ_in_ports(const struct pod *a, const struct pod *b)
{
	for (size_t i = 0; i < a->port_count; i++) {
		size_t k = 0;

		while (k < b->port_count && (a->ports[i].protocol != b->ports[k].protocol ||
					     a->ports[i].number != b->ports[k].number ||
					     strcmp(a->ports[i].name, b->ports[k].name) != 0))
			k++;
		if (k == b->port_count)
			return true;
	}
	return false;
}

static bool are_alike(const struct words *words, const struct pod *a, const struct pod *b)
{
	const struct objects *objects = words->objects;

	if (differ_in_ports(a, b) || differ_in_ports(b, a))
		return false;
	for (size_t i = 0; i < objects->policy_count; i++)
		if (isolates_pod(&objects->policies[i], a) !=
		    isolates_pod(&objects->policies[i], b))
			return false;
	for (size_t i = 0; i < objects->cluster_policy_count; i++)
		if (has_subject(words, &objects->cluster_policies[i], a) !=
		    has_subject(words, &objects->cluster_policies[i], b))
			return false;
	return true;
}

bool words_is_closed(const struct words *words, const struct words_end *end)
{
	const struct objects *objects = words->objects;
	bool alike = true, in_tier = false;

	for (size_t i = 0; end->pod_count > 1 && i < end->pod_count; i++) {
		const struct pod *pod = &objects->pods[end->pods[i]];

		alike &= are_alike(words, pod, &objects->pods[end->pods[0]]);
		for (size_t k = 0; k < objects->cluster_policy_count; k++)
			in_tier |= has_subject(words, &objects->cluster_policies[k], pod);
	}
	return !alike && in_tier && is_enforced(words, end);
}

/* Does the policy speak of nodes, or of addresses that a node may have, or of everything? */
static bool speaks_of_nodes(const struct cluster_policy *policy)
{
	for (size_t i = 0; i < policy->rule_count[EGRESS]; i++) {
		const struct tier_rule *rule = &policy->rules[EGRESS][i];

		if (rule->is_closed && rule->action != ACTION_ACCEPT)
			return true;
		for (size_t k = 0; k < rule->peer_count; k++)
			if (rule->peers[k].kind != PEER_PODS && rule->peers[k].kind != PEER_DOMAIN)
				return true;
	}
	return false;
}

bool words_is_closed_to_node(const struct words *words, const struct words_end *end)
{
	const struct objects *objects = words->objects;

	if (!words_is_closed(words, end))
		return false;
	for (size_t i = 0; i < end->pod_count; i++)
		for (size_t k = 0; k < objects->cluster_policy_count; k++)
			if (speaks_of_nodes(&objects->cluster_policies[k]) &&
			    has_subject(words, &objects->cluster_policies[k],
					&objects->pods[end->pods[i]]))
				return true;
	return false;
}

static bool cidr_has(const struct cidr *cidr, const struct addr *addr)
{
	if (cidr->base.family != addr->family)
		return false;
	for (unsigned bit = 0; bit < cidr->prefix; bit++)
		if ((cidr->base.bytes[bit / 8] ^ addr->bytes[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static bool block_has(const struct peer *peer, const struct addr *addr)
{
	if (!cidr_has(&peer->cidr, addr))
		return false;
	for (size_t i = 0; i < peer->except_count; i++)
		if (cidr_has(&peer->excepts[i], addr))
			return false;
	return true;
}

static bool means_pod(const struct words *words, const struct policy *policy,
		      const struct peer *peer, const struct pod *pod)
{
	if (peer->namespaces ? !selects_namespace(words, peer->namespaces, pod->namespace)
			     : strcmp(policy->namespace, pod->namespace) != 0)
		return false;
	return selects(peer->pods, pod->labels, pod->label_count);
}

bool words_means(const struct words *words, const struct policy *policy, const struct peer *peer,
		 const struct words_end *end)
{
	switch (peer->kind) {
	case PEER_BLOCK:
		return block_has(peer, &end->addr);
	case PEER_NODES:
		for (size_t i = 0; i < end->node_count; i++) {
			const struct cluster_node *node = &words->objects->nodes[end->nodes[i]];

			if (selects(peer->nodes, node->labels, node->label_count))
				return true;
		}
		return false;
	case PEER_DOMAIN:
		/* It is not known to which addresses a domain name belongs. */
		return false;
	case PEER_PODS:
		break;
	}
	for (size_t i = 0; i < end->pod_count; i++)
		if (!means_pod(words, policy, peer, &words->objects->pods[end->pods[i]]))
			return false;
	return end->pod_count > 0;
}

/* For each pod, a name means the numbers that its containers give it with this protocol. */
static bool name_has(const struct pod *pod, const char *name, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < pod->port_count; i++)
		if (pod->ports[i].protocol == (enum protocol)protocol &&
		    pod->ports[i].number == port && strcmp(pod->ports[i].name, name) == 0)
			return true;
	return false;
}

bool words_means_some(const struct words *words, const struct peer *peer,
		      const struct words_end *end)
{
	size_t meant = 0;

	for (size_t i = 0; peer->kind == PEER_PODS && i < end->pod_count; i++)
		meant += means_pod(words, NULL, peer, &words->objects->pods[end->pods[i]]);
	return meant && meant < end->pod_count;
}

static bool rule_tells_apart(const struct words *words, const struct tier_rule *rule,
			     const struct words_end *end)
{
	for (size_t i = 0; i < rule->peer_count; i++)
		if (words_means_some(words, &rule->peers[i], end))
			return true;
	for (size_t i = 0; i < rule->port_count; i++)
		if (rule->ports[i].name)
			return true;
	return false;
}

bool words_are_told_apart(const struct words *words, const struct words_end *end)
{
	const struct objects *objects = words->objects;

	for (size_t i = 0; end->pod_count > 1 && i < objects->cluster_policy_count; i++) {
		const struct cluster_policy *policy = &objects->cluster_policies[i];

		for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				if (rule_tells_apart(words, &policy->rules[direction][k], end))
					return true;
	}
	return false;
}

bool words_has_port(const struct words *words, const struct port *ports, size_t count,
		    const struct words_end *destination, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < count; i++) {
		const struct port *entry = &ports[i];
		bool has = entry->protocol == (enum protocol)protocol ||
			   (entry->name && entry->protocol == PROTOCOL_ANY);

		if (has && entry->name) {
			has = destination->pod_count > 0;
			for (size_t k = 0; k < destination->pod_count; k++)
				has = has && name_has(&words->objects->pods[destination->pods[k]],
						      entry->name, protocol, port);
		} else if (has) {
			has = entry->first <= port && port <= entry->last;
		}
		if (has)
			return true;
	}
	return !count;
}
