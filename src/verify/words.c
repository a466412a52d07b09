/* The API's words, read one after the other. */
#include "verify/words.h"

#include "base/arena.h"

struct words {
	const struct objects *objects;
	const char *node;
	struct table namespaces;             /* names that have an object */
	const struct namespace **objects_of; /* by their numbers */
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

		table_keep(&words->namespaces, namespace->name, strlen(namespace->name), NULL);
		arena_push(arena, words->objects_of, words->namespace_count, namespace);
	}
	return words;
}

/* The value of a label, or NULL. */
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

/* All requirements must hold; NotIn and DoesNotExist hold where the key is missing. */
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
	/* A namespace without an object has the one label that every namespace has. */
	const struct label own = {
		objects_find(words->objects, NAMESPACE_NAME_LABEL),
		objects_find(words->objects, name),
	};

	if (number == TABLE_NONE)
		return selects(selector, &own, 1);
	return selects(selector, words->objects_of[number]->labels,
		       words->objects_of[number]->label_count);
}

/* Is a pod of our node at this very address?  Only then do policies of the pods at this end hold here. */
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

		if (policy->isolates[direction] &&
		    strcmp(policy->namespace, target->namespace) == 0 &&
		    selects(policy->pods, target->labels, target->label_count))
			arena_push(arena, policies, *count, (uint32_t)i);
	}
	return policies;
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
	if (peer->kind == PEER_BLOCK)
		return block_has(peer, &end->addr);
	for (size_t i = 0; i < end->pod_count; i++)
		if (!means_pod(words, policy, peer, &words->objects->pods[end->pods[i]]))
			return false;
	return end->pod_count > 0;
}

/* A name means, at each pod, the numbers that its containers give it with that protocol. */
static bool name_has(const struct pod *pod, const struct port *named, uint16_t port)
{
	for (size_t i = 0; i < pod->port_count; i++)
		if (pod->ports[i].protocol == named->protocol && pod->ports[i].number == port &&
		    strcmp(pod->ports[i].name, named->name) == 0)
			return true;
	return false;
}

bool words_has_port(const struct words *words, const struct policy_rule *rule,
		    const struct words_end *destination, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < rule->port_count; i++) {
		const struct port *entry = &rule->ports[i];
		bool has = entry->protocol == protocol;

		if (has && entry->name) {
			has = destination->pod_count > 0;
			for (size_t k = 0; k < destination->pod_count; k++)
				has = has && name_has(&words->objects->pods[destination->pods[k]],
						      entry, port);
		} else if (has) {
			has = entry->first <= port && port <= entry->last;
		}
		if (has)
			return true;
	}
	return !rule->port_count;
}
