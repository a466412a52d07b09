/*
 * Decides by the API's rules whether a selector matches labels and whether a peer means a pod, and
 * writes selectors and peers in kubectl's notation.
 */
#include "model/meaning.h"

#include "base/arena.h"

bool requirement_holds(const struct requirement *requirement, const struct label *labels,
		       size_t count)
{
	const struct label *label = NULL;
	bool among = false;

	for (size_t i = 0; i < count && !label; i++)
		if (labels[i].key == requirement->key)
			label = &labels[i];
	for (size_t i = 0; label && i < requirement->count; i++)
		among |= requirement->values[i] == label->value;
	switch (requirement->op) {
	case OP_IN:
		return among;
	case OP_NOT_IN:
		return !among;
	case OP_EXISTS:
		return label != NULL;
	case OP_DOES_NOT_EXIST:
		return label == NULL;
	}
	return false;
}

bool selector_matches(const struct selector *selector, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < selector->count; i++)
		if (!requirement_holds(&selector->requirements[i], labels, count))
			return false;
	return true;
}

bool peer_means_namespace(const struct objects *objects, const struct peer *peer,
			  const char *namespace, const char *name)
{
	const struct label *labels;
	struct label own;
	size_t count;

	if (!peer->namespaces)
		return !strcmp(namespace, name);
	labels = objects_namespace_labels(objects, name, &own, &count);
	return selector_matches(peer->namespaces, labels, count);
}

static bool means_alone(const struct objects *objects, const struct peer *peer,
			const char *namespace, const struct pod *pod)
{
	return selector_matches(peer->pods, pod->labels, pod->label_count) &&
	       peer_means_namespace(objects, peer, namespace, pod->namespace);
}

bool peer_means(const struct objects *objects, const struct peer *peer, const char *namespace,
		const struct pod *pod)
{
	if (!means_alone(objects, peer, namespace, pod))
		return false;
	for (size_t i = 0; pod->shares && i < objects->pod_count; i++)
		if (objects->pods[i].shares == pod->shares &&
		    !means_alone(objects, peer, namespace, &objects->pods[i]))
			return false;
	return true;
}

static bool cidr_has(const struct cidr *cidr, const struct addr *addr)
{
	const struct range range = cidr_range(cidr);

	return cidr->base.family == addr->family && range_has(&range, addr);
}

const struct cidr *block_except(const struct peer *block, const struct addr *addr)
{
	for (size_t i = 0; i < block->except_count; i++)
		if (cidr_has(&block->excepts[i], addr))
			return &block->excepts[i];
	return NULL;
}

bool block_has(const struct peer *block, const struct addr *addr)
{
	return cidr_has(&block->cidr, addr) && !block_except(block, addr);
}

size_t block_ranges(struct arena *arena, const struct peer *block, struct range **ranges)
{
	enum family family = block->cidr.base.family;
	struct range *holes = arena_array(arena, block->except_count, sizeof(*holes));
	size_t count;

	for (size_t i = 0; i < block->except_count; i++)
		holes[i] = cidr_range(&block->excepts[i]);
	count = ranges_merge(holes, block->except_count, family);
	*ranges = arena_array(arena, count + 1, sizeof(**ranges));
	return range_cut(cidr_range(&block->cidr), holes, count, family, *ranges);
}

bool policy_selects(const struct policy *policy, const struct pod *pod)
{
	if (strcmp(policy->namespace, pod->namespace) != 0)
		return false;
	if (policy->joint || pod->is_joint)
		return policy->joint == pod->shares;
	return selector_matches(policy->pods, pod->labels, pod->label_count);
}

static bool rule_reaches_nodes(const struct tier_rule *rule)
{
	if (rule->is_closed)
		return rule->action != ACTION_ACCEPT;
	for (size_t i = 0; i < rule->peer_count; i++)
		if (rule->peers[i].kind == PEER_NODES || rule->peers[i].kind == PEER_BLOCK)
			return true;
	return false;
}

bool cluster_policy_reaches_nodes(const struct cluster_policy *policy)
{
	for (size_t i = 0; i < policy->rule_count[EGRESS]; i++)
		if (rule_reaches_nodes(&policy->rules[EGRESS][i]))
			return true;
	return false;
}

bool cluster_policy_means_in(const struct cluster_policy *policy, const struct pod *pod,
			     const struct label *namespace_labels, size_t count)
{
	return !policy->selects_nothing &&
	       selector_matches(policy->pods, pod->labels, pod->label_count) &&
	       selector_matches(policy->namespaces, namespace_labels, count);
}

bool cluster_policy_means(const struct objects *objects, const struct cluster_policy *policy,
			  const struct pod *pod)
{
	struct label own;
	size_t count;
	const struct label *labels =
		objects_namespace_labels(objects, pod->namespace, &own, &count);

	return cluster_policy_means_in(policy, pod, labels, count);
}

bool cluster_policy_selects(const struct objects *objects, const struct cluster_policy *policy,
			    const struct pod *pod)
{
	return !pod->is_joint && cluster_policy_means(objects, policy, pod);
}

bool service_selects(const struct service *service, const struct pod *pod)
{
	for (size_t i = 0; i < service->selector_count; i++) {
		const struct requirement requirement = {.key = service->selector[i].key,
							.op = OP_IN,
							.values = &service->selector[i].value,
							.count = 1};

		if (!requirement_holds(&requirement, pod->labels, pod->label_count))
			return false;
	}
	return true;
}

bool policy_isolates(const struct policy *policy, enum direction direction, const struct pod *pod)
{
	return policy->isolates[direction] && policy_selects(policy, pod);
}

bool pod_is_enforced(const struct pod *pod, const char *node)
{
	return !node || !strcmp(pod->node, node);
}

/* Appends a selector in kubectl's notation: app=web,tier in (a,b),!old */
static void add_selector(struct arena *arena, const struct objects *objects,
			 const struct selector *selector, struct string *text)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct requirement *requirement = &selector->requirements[i];
		bool one = requirement->op == OP_IN && requirement->count == 1;

		if (i)
			arena_add(arena, text, ",");
		if (requirement->op == OP_DOES_NOT_EXIST)
			arena_add(arena, text, "!");
		arena_add(arena, text, objects->string_of[requirement->key]);
		if (!requirement->count)
			continue;
		arena_add(arena, text, one ? "=" : requirement->op == OP_IN ? " in (" : " notin (");
		for (size_t k = 0; k < requirement->count; k++) {
			if (k)
				arena_add(arena, text, ",");
			arena_add(arena, text, objects->string_of[requirement->values[k]]);
		}
		if (!one)
			arena_add(arena, text, ")");
	}
}

const char *selector_in_words(struct arena *arena, const struct objects *objects,
			      const struct selector *selector)
{
	struct string text = {0};

	add_selector(arena, objects, selector, &text);
	return text.text ? text.text : "";
}

/*
 * The value, if the selector is kubernetes.io/metadata.name=VALUE and nothing else; otherwise NULL.
 */
static const char *only_name(const struct objects *objects, const struct selector *selector)
{
	const struct requirement *requirement = selector->requirements;
	const char *name;

	if (selector->count != 1 || requirement->op != OP_IN || requirement->count != 1 ||
	    strcmp(objects->string_of[requirement->key], NAMESPACE_NAME_LABEL) != 0)
		return NULL;
	name = objects->string_of[requirement->values[0]];
	/* The value of a label may be a text that is no valid name of a namespace. */
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name)
		       ? name
		       : NULL;
}

const char *peer_namespace(const struct objects *objects, const struct peer *peer,
			   const char *namespace)
{
	return peer->namespaces ? only_name(objects, peer->namespaces) : namespace;
}

const char *pods_in_words(struct arena *arena, const struct objects *objects,
			  const struct peer *peer, const char *namespace)
{
	const char *only = peer_namespace(objects, peer, namespace);
	struct string text = {0};

	arena_add(arena, &text, peer->pods->count ? "pods " : "all pods");
	add_selector(arena, objects, peer->pods, &text);
	if (only) {
		arena_add(arena, &text, " in ");
		arena_add(arena, &text, only);
	} else if (!peer->namespaces->count) {
		arena_add(arena, &text, " in all namespaces");
	} else {
		arena_add(arena, &text, " in namespaces ");
		add_selector(arena, objects, peer->namespaces, &text);
	}
	return text.text;
}
