/*
 * Finds pods that share addresses by a union-find, and makes their joint policies by intersecting
 * rules two by two.
 */
#include "model/shared_address.h"

#include "base/arena.h"
#include "base/must.h"
#include "base/table.h"
#include "model/meaning.h"

#include <stdlib.h>

/* A joint policy gets at most so many rules; what further ones would allow is denied. */
#define RULES_MAX 10000

struct sharing {
	struct arena *arena;
	struct objects *objects;
	/*
	 * index: pod; another pod that shares an address with it, or itself for the root of its set
	 */
	uint32_t *root;
};

static uint32_t find_root(const struct sharing *sharing, uint32_t pod)
{
	while (sharing->root[pod] != pod)
		pod = sharing->root[pod] = sharing->root[sharing->root[pod]];
	return pod;
}

/* Unites two sets; the root is the pod with the lowest index. */
static void join(const struct sharing *sharing, uint32_t one, uint32_t other)
{
	uint32_t a = find_root(sharing, one), b = find_root(sharing, other);

	sharing->root[a < b ? b : a] = a < b ? a : b;
}

/* Unites all pods that have an address in common; returns whether there are any. */
static bool join_all(const struct sharing *sharing)
{
	const struct objects *objects = sharing->objects;
	struct table seen = {.arena = sharing->arena};
	uint32_t *first = NULL;
	size_t count = 0, addrs = 0;

	for (uint32_t i = 0; i < objects->pod_count; i++)
		sharing->root[i] = i;
	for (uint32_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		addrs += pod->addr_count;
		for (size_t k = 0; k < pod->addr_count; k++) {
			bool added;
			uint32_t number =
				table_keep(&seen, &pod->addrs[k], sizeof(pod->addrs[k]), &added);

			if (added)
				arena_push(sharing->arena, first, count, i);
			must(number < count);
			if (!added)
				join(sharing, first[number], i);
		}
	}
	return count < addrs;
}

/* Gives each set of pods a number, from 1 on. */
static void number_all(const struct sharing *sharing)
{
	struct objects *objects = sharing->objects;
	bool *shares = arena_array(sharing->arena, objects->pod_count, sizeof(*shares));

	for (uint32_t i = 0; i < objects->pod_count; i++)
		if (find_root(sharing, i) != i)
			shares[i] = shares[sharing->root[i]] = true;
	for (uint32_t i = 0; i < objects->pod_count; i++) {
		struct pod *pod = &objects->pods[i];

		if (shares[i])
			pod->shares = sharing->root[i] == i
					      ? ++objects->share_count
					      : objects->pods[sharing->root[i]].shares;
	}
}

/* The pods that have one number. */
struct sharers {
	struct pod **pods;
	size_t count;
};

static struct sharers *list_sharers(const struct sharing *sharing)
{
	struct objects *objects = sharing->objects;
	struct sharers *all = arena_array(sharing->arena, objects->share_count, sizeof(*all));

	for (size_t i = 0; i < objects->pod_count; i++) {
		struct pod *pod = &objects->pods[i];

		if (pod->shares)
			arena_push(sharing->arena, all[pod->shares - 1].pods,
				   all[pod->shares - 1].count, pod);
	}
	return all;
}

static bool have_same_ports(const struct pod *a, const struct pod *b)
{
	for (size_t i = 0; i < a->port_count; i++)
		if (!pod_has_port(b, &a->ports[i]))
			return false;
	for (size_t i = 0; i < b->port_count; i++)
		if (!pod_has_port(a, &b->ports[i]))
			return false;
	return true;
}

/* Are all of them under the same policies, and do these mean the same for each? */
static bool are_alike(const struct objects *objects, const struct sharers *sharers)
{
	const struct pod *first = sharers->pods[0];

	for (size_t i = 1; i < sharers->count; i++) {
		const struct pod *other = sharers->pods[i];

		if (!have_same_ports(first, other))
			return false;
		for (size_t k = 0; k < objects->policy_count; k++)
			if (policy_selects(&objects->policies[k], first) !=
			    policy_selects(&objects->policies[k], other))
				return false;
		for (size_t k = 0; k < objects->cluster_policy_count; k++)
			if (cluster_policy_selects(objects, &objects->cluster_policies[k], first) !=
			    cluster_policy_selects(objects, &objects->cluster_policies[k], other))
				return false;
	}
	return true;
}

/* A list of rules that grows. */
struct rules {
	struct policy_rule *rules;
	size_t count;
};

/* The selector that has the requirements of both, and so matches what both match. */
static const struct selector *both_selectors(struct arena *arena, const struct selector *a,
					     const struct selector *b)
{
	struct selector *both = arena_alloc(arena, sizeof(*both));

	if (a == b || !b->count)
		return a;
	if (!a->count)
		return b;
	both->requirements = arena_array(arena, a->count + b->count, sizeof(*both->requirements));
	both->count = a->count + b->count;
	for (size_t i = 0; i < a->count; i++)
		both->requirements[i] = a->requirements[i];
	for (size_t i = 0; i < b->count; i++)
		both->requirements[a->count + i] = b->requirements[i];
	return both;
}

/* A selector that matches only the policy's namespace. */
static const struct selector *own_namespace(struct objects *objects, const char *namespace)
{
	struct selector *selector = arena_alloc(objects->arena, sizeof(*selector));
	uint32_t *value = arena_alloc(objects->arena, sizeof(*value));

	*value = objects_intern(objects, namespace, strlen(namespace));
	selector->requirements = arena_alloc(objects->arena, sizeof(*selector->requirements));
	selector->requirements[0] = (struct requirement){
		.key = objects_intern(objects, NAMESPACE_NAME_LABEL, strlen(NAMESPACE_NAME_LABEL)),
		.op = OP_IN,
		.values = value,
		.count = 1,
	};
	selector->count = 1;
	return selector;
}

struct peers {
	struct peer *peers;
	size_t count;
};

static void add_block(struct arena *arena, struct peers *into, const struct peer *a,
		      const struct peer *b)
{
	bool b_is_smaller = a->cidr.prefix <= b->cidr.prefix;
	const struct peer *small = b_is_smaller ? b : a, *large = b_is_smaller ? a : b;
	const struct range range = cidr_range(&large->cidr);
	struct peer both = *small;

	if (a->cidr.base.family != b->cidr.base.family || !range_has(&range, &small->cidr.base))
		return;
	both.excepts = arena_array(arena, a->except_count + b->except_count, sizeof(struct cidr));
	both.except_count = 0;
	for (size_t i = 0; i < small->except_count; i++)
		both.excepts[both.except_count++] = small->excepts[i];
	for (size_t i = 0; i < large->except_count; i++)
		both.excepts[both.except_count++] = large->excepts[i];
	arena_push(arena, into->peers, into->count, both);
}

/* Adds the pods of a peer that are in a block, as a block for each of their addresses. */
static void add_pods_in_block(const struct objects *objects, struct peers *into,
			      const struct peer *pods, const struct peer *block)
{
	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		for (size_t k = 0; k < pod->addr_count; k++) {
			const struct addr *addr = &pod->addrs[k];
			const unsigned bits = 8 * (unsigned)family_len(addr->family);
			const struct peer one = {.mark = pods->mark,
						 .kind = PEER_BLOCK,
						 .cidr = {*addr, bits, bits}};

			if (block_has(block, addr) && peer_means(objects, pods, "", pod))
				arena_push(objects->arena, into->peers, into->count, one);
		}
	}
}

static void add_both_peers(struct objects *objects, struct peers *into, const struct peer *a,
			   const struct peer *b)
{
	struct peer both = *a;

	if (a->kind == PEER_BLOCK && b->kind == PEER_BLOCK) {
		add_block(objects->arena, into, a, b);
	} else if (a->kind == PEER_BLOCK) {
		add_pods_in_block(objects, into, b, a);
	} else if (b->kind == PEER_BLOCK) {
		add_pods_in_block(objects, into, a, b);
	} else {
		both.namespaces = both_selectors(objects->arena, a->namespaces, b->namespaces);
		both.pods = both_selectors(objects->arena, a->pods, b->pods);
		arena_push(objects->arena, into->peers, into->count, both);
	}
}

struct shared_ports {
	struct port *ports;
	size_t count;
};

static bool is_every_port(const struct port *port)
{
	return !port->name && port->first == 0 && port->last == 65535;
}

/*
 * Adds the ports that two rules have in common.  Whether a name and a number are the same port,
 * only the peer's pods would tell; such a pair is left out, and so denied.
 */
static void add_both_ports(struct arena *arena, struct shared_ports *into, const struct port *a,
			   const struct port *b)
{
	struct port both = a->name ? *a : *b;

	if (a->protocol != b->protocol)
		return;
	if (a->name && b->name ? strcmp(a->name, b->name) != 0
			       : (a->name && !is_every_port(b)) || (b->name && !is_every_port(a)))
		return;
	if (!both.name) {
		both.first = a->first > b->first ? a->first : b->first;
		both.last = a->last < b->last ? a->last : b->last;
		if (both.first > both.last)
			return;
	}
	arena_push(arena, into->ports, into->count, both);
}

/* Adds a rule for what two rules have in common, if there is anything. */
static void add_both_rules(struct objects *objects, struct rules *into, const struct policy_rule *a,
			   const struct policy_rule *b)
{
	struct policy_rule both = a->peer_count ? *a : *b;
	struct peers peers = {both.peers, both.peer_count};
	struct shared_ports ports = {a->port_count ? a->ports : b->ports,
				     a->port_count ? a->port_count : b->port_count};

	if (a->peer_count && b->peer_count) {
		peers = (struct peers){0};
		for (size_t i = 0; i < a->peer_count; i++)
			for (size_t k = 0; k < b->peer_count; k++)
				add_both_peers(objects, &peers, &a->peers[i], &b->peers[k]);
		if (!peers.count)
			return;
	}
	if (a->port_count && b->port_count) {
		ports = (struct shared_ports){0};
		for (size_t i = 0; i < a->port_count; i++)
			for (size_t k = 0; k < b->port_count; k++)
				add_both_ports(objects->arena, &ports, &a->ports[i], &b->ports[k]);
		if (!ports.count)
			return;
	}
	both.peers = peers.peers;
	both.peer_count = peers.count;
	both.ports = ports.ports;
	both.port_count = ports.count;
	arena_push(objects->arena, into->rules, into->count, both);
}

/*
 * Returns the ports of a rule for one pod.  In an ingress rule, names are replaced with the pod's
 * numbers.
 */
static struct shared_ports ports_for(struct arena *arena, const struct policy_rule *rule,
				     enum direction direction, const struct pod *pod)
{
	struct shared_ports ports = {0};

	for (size_t i = 0; i < rule->port_count; i++) {
		struct port port = rule->ports[i];

		if (direction == EGRESS || !port.name) {
			arena_push(arena, ports.ports, ports.count, port);
			continue;
		}
		for (size_t k = 0; k < pod->port_count; k++) {
			if (pod->ports[k].protocol != port.protocol ||
			    strcmp(pod->ports[k].name, rule->ports[i].name) != 0)
				continue;
			port.name = NULL;
			port.first = port.last = pod->ports[k].number;
			arena_push(arena, ports.ports, ports.count, port);
		}
	}
	return ports;
}

/* Adds a rule as it is for one pod, in words that mean the same in a policy of any namespace. */
static void add_plain_rule(struct objects *objects, struct rules *into, const struct policy *policy,
			   const struct policy_rule *rule, enum direction direction,
			   const struct pod *pod)
{
	struct shared_ports ports = ports_for(objects->arena, rule, direction, pod);
	struct policy_rule plain = *rule;

	if (rule->port_count && !ports.count)
		return;
	plain.ports = ports.ports;
	plain.port_count = ports.count;
	plain.peers = arena_array(objects->arena, rule->peer_count, sizeof(*plain.peers));
	for (size_t i = 0; i < rule->peer_count; i++) {
		plain.peers[i] = rule->peers[i];
		if (plain.peers[i].kind == PEER_PODS && !plain.peers[i].namespaces)
			plain.peers[i].namespaces = own_namespace(objects, policy->namespace);
	}
	arena_push(objects->arena, into->rules, into->count, plain);
}

/* Adds all rules that the pod is under, but those of audited policies; returns false if it is not isolated. */
static bool rules_of(struct objects *objects, enum direction direction, const struct pod *pod,
		     struct rules *rules)
{
	bool isolated = false;

	for (size_t i = 0; i < objects->policy_count; i++) {
		const struct policy *policy = &objects->policies[i];

		if (policy->is_audited || !policy_isolates(policy, direction, pod))
			continue;
		isolated = true;
		for (size_t k = 0; k < policy->rule_count[direction]; k++)
			add_plain_rule(objects, rules, policy, &policy->rules[direction][k],
				       direction, pod);
	}
	return isolated;
}

/* Gives the policy the rules that are common to all the pods. */
static void join_rules(struct objects *objects, const struct sharers *sharers,
		       enum direction direction, struct policy *policy)
{
	struct rules all = {0};

	for (size_t i = 0; i < sharers->count; i++) {
		struct rules own = {0}, both = {0};

		if (!rules_of(objects, direction, sharers->pods[i], &own))
			continue;
		if (!policy->isolates[direction])
			both = own;
		else if (own.count && all.count <= RULES_MAX / own.count)
			for (size_t k = 0; k < all.count * own.count; k++)
				add_both_rules(objects, &both, &all.rules[k / own.count],
					       &own.rules[k % own.count]);
		policy->isolates[direction] = true;
		all = both;
	}
	policy->rules[direction] = all.rules;
	policy->rule_count[direction] = all.count;
}

static const char *joint_name(struct arena *arena, const struct sharers *sharers)
{
	struct string name = {0};

	for (size_t i = 0; i < sharers->count; i++)
		arena_append(arena, &name, "%s%s", i ? "_and_" : "", sharers->pods[i]->name);
	return name.text;
}

/*
 * Is one of the pods under a cluster policy?  *reaches_nodes tells whether such a policy may deny
 * it its own node.
 */
static bool is_in_a_tier(const struct objects *objects, const struct sharers *sharers,
			 bool *reaches_nodes)
{
	bool any = false;

	*reaches_nodes = false;
	for (size_t i = 0; i < sharers->count; i++)
		for (size_t k = 0; k < objects->cluster_policy_count; k++) {
			const struct cluster_policy *policy = &objects->cluster_policies[k];

			if (!cluster_policy_selects(objects, policy, sharers->pods[i]))
				continue;
			any = true;
			*reaches_nodes |= cluster_policy_reaches_nodes(policy);
		}
	return any;
}

/*
 * Adds a joint policy for each namespace that the pods are in, since a policy selects pods of one
 * namespace only.
 */
static void add_joint_policies(struct objects *objects, const struct sharers *sharers, bool closed,
			       struct policy **policies, size_t *count)
{
	static const struct selector everything;
	struct policy policy = {
		.name = joint_name(objects->arena, sharers),
		.mark = sharers->pods[0]->mark,
		.pods = &everything,
		.joint = sharers->pods[0]->shares,
	};

	policy.isolates[INGRESS] = policy.isolates[EGRESS] = closed;
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		if (!policy.isolates[direction])
			join_rules(objects, sharers, direction, &policy);
	for (size_t i = 0; i < sharers->count; i++) {
		bool is_new = true;

		for (size_t k = 0; k < i && is_new; k++)
			is_new = strcmp(sharers->pods[k]->namespace, sharers->pods[i]->namespace);
		policy.namespace = sharers->pods[i]->namespace;
		if (is_new)
			arena_push(objects->arena, *policies, *count, policy);
	}
}

/*
 * Appends the policies to those of @objects, in an array that has the capacity on which
 * arena_push() counts.
 */
static void append_policies(struct objects *objects, const struct policy *policies, size_t count)
{
	size_t size = 4;
	struct policy *all;

	while (size <= objects->policy_count + count)
		size *= 2;
	all = arena_array(objects->arena, size, sizeof(*all));
	if (objects->policy_count)
		memcpy(all, objects->policies, objects->policy_count * sizeof(*all));
	memcpy(all + objects->policy_count, policies, count * sizeof(*all));
	objects->policies = all;
	objects->joint_count = count;
}

static void join_policies(const struct sharing *sharing)
{
	struct objects *objects = sharing->objects;
	const struct sharers *all = list_sharers(sharing);
	struct policy *policies = NULL;
	size_t count = 0;

	for (size_t i = 0; i < objects->share_count; i++) {
		bool closed, to_node;

		if (are_alike(objects, &all[i]))
			continue;
		closed = is_in_a_tier(objects, &all[i], &to_node);
		add_joint_policies(objects, &all[i], closed, &policies, &count);
		for (size_t k = 0; k < all[i].count; k++) {
			all[i].pods[k]->is_joint = true;
			all[i].pods[k]->is_closed = closed;
			all[i].pods[k]->is_closed_to_node = to_node;
		}
	}
	if (count)
		append_policies(objects, policies, count);
}

void objects_share(struct objects *objects)
{
	struct arena *scratch = arena_new();
	const struct sharing sharing = {
		.arena = scratch,
		.objects = objects,
		.root = arena_array(scratch, objects->pod_count, sizeof(uint32_t)),
	};

	objects->share_count = 0;
	objects->joint_count = 0;
	for (size_t i = 0; i < objects->pod_count; i++) {
		objects->pods[i].shares = 0;
		objects->pods[i].is_joint = objects->pods[i].is_closed = false;
		objects->pods[i].is_closed_to_node = false;
	}
	if (join_all(&sharing)) {
		number_all(&sharing);
		join_policies(&sharing);
	}
	arena_free(scratch);
}
