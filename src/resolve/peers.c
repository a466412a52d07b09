/*
 * Turns peers into definitions and finds the addresses of each definition.
 *
 * In:  the rules of policies, and the identities of pods.  Out: definitions, lists of peers, and
 * grants.
 *
 * The hard idea: a peer becomes a text in canonical words, so that equal peers are one definition.
 * Its pods are found through their identities, and its addresses through the pods.
 */
#include "resolve/peers.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "base/search.h"
#include "model/words.h"
#include "ruleset/key_order.h"

#include <stdlib.h>

struct maker {
	struct arena *arena, *scratch;
	struct identities *identities;
	const uint32_t *identity_of; /* index: pod */
	struct resolved *resolved;
	struct table texts;
	struct table lists; /* keys: the bytes of peer lists; the numbers are those of the lists */
	uint32_t *named;    /* the peer list of each rule, to compute peer_sum */
	size_t named_count;
	bool is_of_tiers; /* a cluster policy names the peers that are being defined */
};

/* Collects all addresses of a family in the order of pods, each into an array with room for all. */
static void collect_addrs(struct arena *arena, const struct objects *objects,
			  struct pod_addr **addrs, size_t *counts)
{
	size_t most = 0;

	for (size_t i = 0; i < objects->pod_count; i++)
		most += objects->pods[i].addr_count;
	for (enum family family = V4; family < FAMILIES; family++)
		addrs[family] = arena_array(arena, most, sizeof(struct pod_addr));
	for (size_t i = 0; i < objects->pod_count; i++) {
		for (size_t k = 0; k < objects->pods[i].addr_count; k++) {
			const struct addr *addr = &objects->pods[i].addrs[k];
			struct pod_addr *to = &addrs[addr->family][counts[addr->family]++];

			memcpy(to->bytes, addr->bytes, sizeof(to->bytes));
			to->pod = (uint32_t)i;
		}
	}
}

/*
 * Makes the lists that lead from each pod to its addresses.  @numbers has the number of the address
 * that each of @all is.
 */
static void turn_round(struct arena *arena, struct arena *scratch, const struct pod_addr *all,
		       const uint32_t *numbers, size_t count, enum family family,
		       struct resolved *resolved)
{
	size_t pods = resolved->objects->pod_count;
	uint32_t *first = arena_array(arena, pods + 1, sizeof(*first));
	uint32_t *own = arena_array(arena, count, sizeof(*own));
	uint32_t *fill = arena_array(scratch, pods + 1, sizeof(*fill));

	for (size_t i = 0; i < count; i++)
		first[all[i].pod + 1]++;
	for (size_t i = 0; i < pods; i++)
		fill[i + 1] = first[i + 1] += first[i];
	for (size_t i = 0; i < count; i++)
		own[fill[all[i].pod]++] = numbers[i];
	resolved->first_addr[family] = first;
	resolved->own_addrs[family] = own;
}

/* Which of two pods an address belongs to: the first, unless only the second is enforced. */
static uint32_t choose_pod(const struct objects *objects, const char *node, uint32_t first,
			   uint32_t second)
{
	return !pod_is_enforced(&objects->pods[first], node) &&
			       pod_is_enforced(&objects->pods[second], node)
		       ? second
		       : first;
}

static void sort_addrs(struct arena *arena, struct arena *scratch, const char *node,
		       const struct pod_addr *all, size_t count, enum family family,
		       struct resolved *resolved)
{
	const uint32_t *order =
		key_order(scratch, all, count, sizeof(struct pod_addr), sizeof(all->bytes), false);
	struct pod_addr *sorted = arena_array(arena, count, sizeof(*sorted));
	struct pod_addr *in_order = arena_array(scratch, count, sizeof(*in_order));
	uint32_t *numbers = arena_array(scratch, count, sizeof(*numbers)), kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct pod_addr *one = &all[order[i]];
		struct pod_addr *before = kept ? &sorted[kept - 1] : NULL;

		if (before && !memcmp(before->bytes, one->bytes, sizeof(one->bytes)))
			before->pod = choose_pod(resolved->objects, node, before->pod, one->pod);
		else
			sorted[kept++] = *one;
		in_order[i] = *one;
		numbers[i] = kept - 1;
	}
	resolved->addrs[family] = sorted;
	resolved->addr_count[family] = kept;
	resolved->own_count[family] = count;
	turn_round(arena, scratch, in_order, numbers, count, family, resolved);
}

void resolve_addresses(struct arena *arena, struct arena *scratch, const char *node,
		       struct resolved *resolved)
{
	struct pod_addr *addrs[FAMILIES];
	size_t counts[FAMILIES] = {0};

	collect_addrs(scratch, resolved->objects, addrs, counts);
	for (enum family family = V4; family < FAMILIES; family++)
		sort_addrs(arena, scratch, node, addrs[family], counts[family], family, resolved);
}

static int compare_node_addrs(const void *a, const void *b)
{
	const struct node_addr *x = a, *y = b;
	const int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	return order ? order : (x->node > y->node) - (x->node < y->node);
}

/* The index of the address among those of pods, or their count if no pod has it. */
static size_t find_pod_addr(const struct resolved *resolved, enum family family,
			    const uint8_t *bytes)
{
	size_t low = 0, high = resolved->addr_count[family];

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = memcmp(resolved->addrs[family][middle].bytes, bytes, 16);

		if (!order)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return resolved->addr_count[family];
}

/* Collects the addresses of nodes that no pod has, sorted and without repetitions. */
static void resolve_node_addresses(struct arena *arena, struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;

	for (size_t i = 0; i < objects->node_count; i++) {
		for (size_t k = 0; k < objects->nodes[i].addr_count; k++) {
			const struct addr *addr = &objects->nodes[i].addrs[k];
			const enum family family = addr->family;
			struct node_addr one = {.node = (uint32_t)i};

			memcpy(one.bytes, addr->bytes, sizeof(one.bytes));
			if (find_pod_addr(resolved, family, one.bytes) ==
			    resolved->addr_count[family])
				arena_push(arena, resolved->node_addrs[family],
					   resolved->node_addr_count[family], one);
		}
	}
	for (enum family family = V4; family < FAMILIES; family++) {
		struct node_addr *all = resolved->node_addrs[family];
		size_t kept = 0;

		if (all)
			qsort(all, resolved->node_addr_count[family], sizeof(*all),
			      compare_node_addrs);
		for (size_t i = 0; i < resolved->node_addr_count[family]; i++)
			if (!kept || memcmp(all[kept - 1].bytes, all[i].bytes, 16) != 0)
				all[kept++] = all[i];
		resolved->node_addr_count[family] = kept;
	}
}

/* The number of an address of a node. */
static uint32_t number_node_addr(const struct resolved *resolved, const struct addr *addr)
{
	const enum family family = addr->family;
	const struct node_addr *all = resolved->node_addrs[family];
	const size_t of_pod = find_pod_addr(resolved, family, addr->bytes);
	size_t low = 0, high = resolved->node_addr_count[family];

	if (of_pod < resolved->addr_count[family])
		return (uint32_t)of_pod;
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (memcmp(all[middle].bytes, addr->bytes, 16) <= 0)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t)(resolved->addr_count[family] + low);
}

const char *definition_namespace(const struct objects *objects, const struct definition *definition)
{
	return peer_namespace(objects, definition->peer, definition->namespace);
}

static const char *block_text(struct arena *arena, const struct peer *peer)
{
	struct string text = {0};
	char cidr[CIDR_TEXT];

	cidr_text(&peer->cidr, cidr);
	arena_append(arena, &text, "%s", cidr);
	for (size_t i = 0; i < peer->except_count; i++) {
		cidr_text(&peer->excepts[i], cidr);
		arena_append(arena, &text, "%s%s", i ? ", " : " except ", cidr);
	}
	return text.text;
}

static const char *peer_text(struct arena *arena, const struct objects *objects,
			     const struct peer *peer, const char *namespace)
{
	switch (peer->kind) {
	case PEER_PODS:
		return pods_in_words(arena, objects, peer, namespace);
	case PEER_BLOCK:
		return block_text(arena, peer);
	case PEER_NODES:
		return peer->nodes->count
			       ? arena_join(arena, "nodes ",
					    selector_in_words(arena, objects, peer->nodes), NULL)
			       : "all nodes";
	case PEER_DOMAIN:
		break;
	}
	return NULL;
}

/* Returns the number of the definition of @peer, with the name of a port or without. */
static uint32_t define(struct maker *maker, const struct peer *peer, const char *namespace,
		       const struct port *port)
{
	const struct objects *objects = maker->resolved->objects;
	struct resolved *resolved = maker->resolved;
	struct definition definition = {.peer = peer, .namespace = namespace};
	const char *text = peer_text(maker->arena, objects, peer, namespace);
	uint32_t number;
	bool added;

	definition.kind = peer->kind == PEER_BLOCK   ? DEFINITION_BLOCK
			  : peer->kind == PEER_NODES ? DEFINITION_NODES
						     : DEFINITION_PODS;
	if (port) {
		definition.kind = DEFINITION_NAMED;
		definition.port_name = port->name;
		definition.protocol = port->protocol;
		text = arena_printf(maker->arena, "port %s of %s%s", port_text(maker->arena, port),
				    peer->kind == PEER_BLOCK ? "pods in " : "", text);
	}
	definition.text = text;
	number = table_add(&maker->texts, text, strlen(text), &added);
	if (added)
		arena_push(maker->arena, resolved->definitions, resolved->definition_count,
			   definition);
	resolved->definitions[number].is_in_tiers |= maker->is_of_tiers;
	return number;
}

/*
 * The peers of a rule that has a named port and no peers: all pods.  An address outside of the
 * cluster has no named ports.
 */
static const struct selector everything;
static const struct peer any_pod = {
	.kind = PEER_PODS, .namespaces = &everything, .pods = &everything};

/*
 * Returns the number of the list of these peers, with the name of a port or without; TABLE_NONE if
 * none of them stands for anything.  A domain name never does, since these are not enforced, and
 * neither does a node together with a named port, since nodes have no names for ports.
 */
static uint32_t list_peers(struct maker *maker, const struct peer *peers, size_t peer_count,
			   const char *namespace, const struct port *named)
{
	struct resolved *resolved = maker->resolved;
	uint32_t *list = arena_array(maker->arena, peer_count, sizeof(*list)), number;
	size_t count = 0;
	bool added;

	for (size_t i = 0; i < peer_count; i++)
		if (peers[i].kind != PEER_DOMAIN && !(named && peers[i].kind == PEER_NODES))
			list[count++] = define(maker, &peers[i], namespace, named);
	if (!count)
		return TABLE_NONE;
	count = numbers_sort(list, count);
	number = table_add(&maker->lists, list, count * sizeof(*list), &added);
	if (added)
		arena_push(maker->arena, resolved->peer_lists, resolved->peer_list_count,
			   ((struct peer_list){list, count}));
	arena_push(maker->scratch, maker->named, maker->named_count, number);
	return number;
}

static void add_grant(struct maker *maker, struct policy_grants *grants, struct grant grant)
{
	arena_push(maker->arena, grants->grants, grants->count, grant);
}

static void add_rule(struct maker *maker, uint32_t policy, const struct policy_rule *rule,
		     enum direction direction)
{
	const char *namespace = maker->resolved->objects->policies[policy].namespace;
	struct policy_grants *grants = &maker->resolved->grants[direction][policy];
	const struct peer *named_peers = rule->peer_count ? rule->peers : &any_pod;
	const size_t named_count = rule->peer_count ? rule->peer_count : 1;
	uint32_t peers = rule->peer_count ? TABLE_NONE : ANYTHING;
	bool made = rule->peer_count == 0;

	for (size_t i = 0; i < rule->port_count || i == 0; i++) {
		const struct port *port = rule->port_count ? &rule->ports[i] : NULL;

		if (port && port->name && direction == EGRESS) {
			/*
			 * In egress, each peer has its own numbers for the name, so the definitions
			 * contain them beside the addresses.
			 */
			add_grant(maker, grants,
				  (struct grant){.peers = list_peers(maker, named_peers,
								     named_count, namespace, port),
						 .last = 65535,
						 .policy = policy});
			continue;
		}
		if (!made)
			peers = list_peers(maker, rule->peers, rule->peer_count, namespace, NULL);
		made = true;
		add_grant(maker, grants,
			  (struct grant){.port_name = port ? port->name : NULL,
					 .peers = peers,
					 .policy = policy,
					 .first = port ? port->first : 0,
					 .last = port ? port->last : 65535,
					 .protocol = port ? port->protocol : PROTOCOL_ANY});
	}
}

/*
 * Adds the grant of a closed rule, of which a part is unknown: an Accept gives nothing, any other
 * rule denies everything.
 */
static void add_closed_rule(struct maker *maker, struct tier_grants *grants,
			    const struct tier_rule *rule, uint32_t number)
{
	const struct tier_grant everything_is_denied = {
		.peers = ANYTHING, .rule = number, .action = ACTION_DENY, .last = 65535};

	if (rule->action != ACTION_ACCEPT)
		arena_push(maker->arena, grants->grants, grants->count, everything_is_denied);
}

static void add_tier_rule(struct maker *maker, struct tier_grants *grants,
			  const struct tier_rule *rule, uint32_t number, enum direction direction)
{
	uint32_t peers = TABLE_NONE;
	bool made = false;

	for (size_t i = 0; i < rule->port_count || i == 0; i++) {
		const struct port *port = rule->port_count ? &rule->ports[i] : NULL;
		const bool is_peers_own = port && port->name && direction == EGRESS;
		struct tier_grant grant = {
			.port_name = port && !is_peers_own ? port->name : NULL,
			.rule = number,
			.action = rule->action,
			.first = port ? port->first : 0,
			.last = port ? port->last : 65535,
			.protocol = port ? port->protocol : PROTOCOL_ANY,
		};

		if (!is_peers_own && !made)
			peers = list_peers(maker, rule->peers, rule->peer_count, "", NULL);
		made |= !is_peers_own;
		grant.peers = is_peers_own
				      ? list_peers(maker, rule->peers, rule->peer_count, "", port)
				      : peers;
		if (grant.peers != TABLE_NONE)
			arena_push(maker->arena, grants->grants, grants->count, grant);
	}
}

static void add_cluster_policy(struct maker *maker, uint32_t number, enum direction direction)
{
	const struct cluster_policy *policy = &maker->resolved->objects->cluster_policies[number];
	struct tier_grants *grants = &maker->resolved->tier_grants[direction][number];

	maker->resolved->has_tiers[direction] |= policy->rule_count[direction] > 0;
	for (uint32_t i = 0; i < policy->rule_count[direction]; i++) {
		const struct tier_rule *rule = &policy->rules[direction][i];

		if (rule->is_closed)
			add_closed_rule(maker, grants, rule, i);
		else
			add_tier_rule(maker, grants, rule, i, direction);
	}
}

static int compare_definitions(const void *a, const void *b)
{
	const struct definition *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Numbers the definitions in the order of their texts. */
static void sort_definitions(struct maker *maker)
{
	struct resolved *resolved = maker->resolved;
	uint32_t *moved = arena_array(maker->scratch, resolved->definition_count, sizeof(*moved));

	if (resolved->definition_count)
		qsort(resolved->definitions, resolved->definition_count,
		      sizeof(*resolved->definitions), compare_definitions);
	for (size_t i = 0; i < resolved->definition_count; i++) {
		const char *text = resolved->definitions[i].text;

		moved[table_find(&maker->texts, text, strlen(text))] = (uint32_t)i;
	}
	for (size_t i = 0; i < resolved->peer_list_count; i++) {
		struct peer_list *list = &resolved->peer_lists[i];
		uint32_t *renumbered = arena_array(maker->arena, list->count, sizeof(*renumbered));

		for (size_t k = 0; k < list->count; k++)
			renumbered[k] = moved[list->definitions[k]];
		list->count = numbers_sort(renumbered, list->count);
		list->definitions = renumbered;
	}
}

/* Lists of numbers, which follow each other in one array. */
struct lists {
	uint32_t *begin; /* index: list, and one more at the end; where it begins */
	uint32_t *numbers;
};

/* Pairs of a list and a number that is on it. */
struct pairs {
	struct list_pair {
		uint32_t list, number;
	} * items;
	size_t count;
};

/* Distributes the numbers to @count lists.  In each list they keep the order in which they come. */
static struct lists deal(struct arena *arena, const struct pairs *pairs, size_t count)
{
	struct lists lists = {arena_array(arena, count + 1, sizeof(uint32_t)),
			      arena_array(arena, pairs->count, sizeof(uint32_t))};
	uint32_t *fill = arena_array(arena, count + 1, sizeof(*fill));

	for (size_t i = 0; i < pairs->count; i++)
		lists.begin[pairs->items[i].list + 1]++;
	for (size_t i = 0; i < count; i++)
		fill[i + 1] = lists.begin[i + 1] += lists.begin[i];
	for (size_t i = 0; i < pairs->count; i++)
		lists.numbers[fill[pairs->items[i].list]++] = pairs->items[i].number;
	return lists;
}

/* What finding the addresses of definitions needs, and room for what is found. */
struct finder {
	const struct maker *maker;
	uint32_t *selector_of;   /* index: definition; TABLE_NONE: it is a block */
	struct lists identities; /* index: selector */
	struct lists pods_of;    /* index: identity */
	uint32_t *sharers;       /* index: pod.shares; how many pods have that number */
	/* how many of these are found; all are 0 between two definitions */
	uint32_t *sharers_found;
	/* the numbers of pod.shares under which cluster policies tell pods apart */
	struct bits mixed;
	uint32_t *pods, *addrs;
	struct bits among; /* a set of addresses, which is empty between two definitions */
};

/* Registers a selector for each definition that means pods by label. */
static struct selectors *select_peers(struct maker *maker, uint32_t *selector_of)
{
	struct selectors *selectors = selectors_new(maker->scratch, maker->identities);

	for (size_t i = 0; i < maker->resolved->definition_count; i++) {
		const struct definition *definition = &maker->resolved->definitions[i];
		const struct peer *peer = definition->peer;

		selector_of[i] = TABLE_NONE;
		if (peer->kind == PEER_PODS)
			selector_of[i] =
				selectors_add(selectors,
					      identities_namespace(maker->identities,
								   definition->namespace, NULL),
					      peer->namespaces, peer->pods);
	}
	return selectors;
}

/* Lists the identities that each selector means. */
static struct lists find_identities(struct maker *maker, struct selectors *selectors)
{
	struct pairs pairs = {0};

	for (uint32_t i = 0; i < maker->identities->count; i++) {
		size_t count;
		const uint32_t *numbers = selectors_of(selectors, i, &count);

		for (size_t k = 0; k < count; k++)
			arena_push(maker->scratch, pairs.items, pairs.count,
				   ((struct list_pair){numbers[k], i}));
	}
	return deal(maker->scratch, &pairs, selectors_count(selectors));
}

/* Counts how many pods have each number of pod.shares. */
static uint32_t *count_sharers(struct arena *arena, const struct objects *objects)
{
	uint32_t *sharers = arena_array(arena, objects->share_count + 1, sizeof(*sharers));

	for (size_t i = 0; objects->share_count && i < objects->pod_count; i++)
		sharers[objects->pods[i].shares]++;
	return sharers;
}

/*
 * Drops the pods that share an address with a pod that is not among those found; returns how many
 * are left.  @in_tiers: a cluster policy names the definition, and so tells these pods apart.
 */
static size_t drop_sharers(const struct finder *finder, size_t count, bool in_tiers)
{
	struct bits mixed = finder->mixed;
	const struct objects *objects = finder->maker->resolved->objects;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		finder->sharers_found[objects->pods[finder->pods[i]].shares]++;
	for (size_t i = 0; i < count; i++) {
		const uint32_t shares = objects->pods[finder->pods[i]].shares;

		if (!shares || finder->sharers_found[shares] == finder->sharers[shares])
			finder->pods[kept++] = finder->pods[i];
		else if (in_tiers)
			bits_set(&mixed, shares);
	}
	memset(finder->sharers_found, 0,
	       (objects->share_count + 1) * sizeof(*finder->sharers_found));
	return kept;
}

static struct finder start_finding(struct maker *maker)
{
	const struct resolved *resolved = maker->resolved;
	struct arena *scratch = maker->scratch;
	const size_t pods = resolved->objects->pod_count;
	size_t most = resolved->addr_count[V4] > resolved->addr_count[V6]
			      ? resolved->addr_count[V4]
			      : resolved->addr_count[V6];
	const size_t all = resolved->own_count[V4] > resolved->own_count[V6]
				   ? resolved->own_count[V4]
				   : resolved->own_count[V6];
	struct finder finder = {
		.maker = maker,
		.selector_of = arena_array(scratch, resolved->definition_count, sizeof(uint32_t)),
		.pods = arena_array(scratch, pods, sizeof(uint32_t)),
		.sharers = count_sharers(scratch, resolved->objects),
		.sharers_found =
			arena_array(scratch, resolved->objects->share_count + 1, sizeof(uint32_t)),
		.mixed = bits_new(scratch, resolved->objects->share_count + 1),
		.addrs = arena_array(scratch, all, sizeof(uint32_t)),
		.among = bits_new(scratch, most),
	};
	struct pairs pairs = {arena_array(scratch, pods, sizeof(struct list_pair)), pods};

	for (uint32_t i = 0; i < pods; i++)
		pairs.items[i] = (struct list_pair){maker->identity_of[i], i};
	finder.identities = find_identities(maker, select_peers(maker, finder.selector_of));
	finder.pods_of = deal(scratch, &pairs, maker->identities->count);
	return finder;
}

/* Finds the pods that the definition means, in no particular order; returns how many there are. */
static size_t find_pods(const struct finder *finder, size_t definition)
{
	const struct lists *identities = &finder->identities, *pods = &finder->pods_of;
	const uint32_t selector = finder->selector_of[definition];
	size_t count = 0;

	for (uint32_t i = identities->begin[selector]; i < identities->begin[selector + 1]; i++) {
		const uint32_t *begin = &pods->begin[identities->numbers[i]];
		const size_t more = begin[1] - begin[0];

		memcpy(&finder->pods[count], &pods->numbers[begin[0]], more * sizeof(uint32_t));
		count += more;
	}
	if (!finder->maker->resolved->objects->share_count)
		return count;
	return drop_sharers(finder, count,
			    finder->maker->resolved->definitions[definition].is_in_tiers);
}

/* Up to so many addresses are sorted faster than they are picked out of all addresses. */
#define FEW 32

/* Turns the pods found into their addresses of a family, ascending; returns how many there are. */
static size_t addrs_of_pods(const struct finder *finder, enum family family, size_t pod_count)
{
	const struct resolved *resolved = finder->maker->resolved;
	struct bits among = finder->among;
	size_t count = 0;

	for (size_t i = 0; i < pod_count; i++) {
		const uint32_t *first = &resolved->first_addr[family][finder->pods[i]];

		for (uint32_t k = first[0]; k < first[1]; k++)
			finder->addrs[count++] = resolved->own_addrs[family][k];
	}
	if (count < FEW)
		return numbers_sort(finder->addrs, count);
	for (size_t i = 0; i < count; i++)
		bits_set(&among, finder->addrs[i]);
	return bits_take(&among, finder->addrs);
}

static int compare_bound(const struct pod_addr *addr, const uint8_t *bound, enum family family)
{
	return memcmp(addr->bytes, bound, family_len(family));
}

/* Finds the addresses of pods that are in a block, ascending; returns how many there are. */
static size_t addrs_in_block(const struct finder *finder, enum family family,
			     const struct definition *definition)
{
	const struct pod_addr *addrs = finder->maker->resolved->addrs[family];
	size_t all = finder->maker->resolved->addr_count[family], count = 0;

	for (size_t i = 0; i < definition->count[family]; i++) {
		const struct range *range = &definition->ranges[family][i];
		size_t at =
			FIRST_WHERE(k, all, compare_bound(&addrs[k], range->first, family) >= 0);

		for (; at < all && compare_bound(&addrs[at], range->last, family) <= 0; at++)
			finder->addrs[count++] = (uint32_t)at;
	}
	return count;
}

static bool has_port(const struct pod *pod, const struct pod_port *port)
{
	for (size_t i = 0; i < pod->port_count; i++)
		if (pod->ports[i].protocol == port->protocol &&
		    pod->ports[i].number == port->number && !strcmp(pod->ports[i].name, port->name))
			return true;
	return false;
}

/* Does the port's name mean this number for all pods that share an address with this one? */
static bool all_have_port(const struct objects *objects, const struct pod *pod,
			  const struct pod_port *port)
{
	for (size_t i = 0; pod->shares && i < objects->pod_count; i++)
		if (objects->pods[i].shares == pod->shares && !has_port(&objects->pods[i], port))
			return false;
	return true;
}

/* Stores each address with each number that its pod gives to the name of the port. */
static void store_named(const struct finder *finder, enum family family, size_t addr_count,
			struct definition *definition)
{
	const struct resolved *resolved = finder->maker->resolved;
	struct named_addr *list = NULL;
	struct bits mixed = finder->mixed;
	size_t count = 0;

	for (size_t i = 0; i < addr_count; i++) {
		uint32_t addr = finder->addrs[i];
		const struct pod *pod = &resolved->objects->pods[resolved->addrs[family][addr].pod];

		/*
		 * If pods share the address, nobody knows which of them a packet is for, and they
		 * may give the name different numbers.
		 */
		if (definition->is_in_tiers && pod->shares)
			bits_set(&mixed, pod->shares);
		for (size_t k = 0; k < pod->port_count; k++) {
			const struct pod_port *port = &pod->ports[k];

			if ((definition->protocol == PROTOCOL_ANY ||
			     port->protocol == definition->protocol) &&
			    !strcmp(port->name, definition->port_name) &&
			    all_have_port(resolved->objects, pod, port))
				arena_push(finder->maker->arena, list, count,
					   ((struct named_addr){addr, port->number,
								(uint8_t)port->protocol}));
		}
	}
	definition->named[family] = list;
	definition->count[family] = count;
}

static void store_addrs(const struct finder *finder, enum family family, size_t count,
			struct definition *definition)
{
	uint32_t *list = arena_array(finder->maker->arena, count, sizeof(*list));

	if (count)
		memcpy(list, finder->addrs, count * sizeof(*list));
	definition->addrs[family] = list;
	definition->count[family] = count;
}

static void find_ranges(struct arena *arena, struct definition *definition)
{
	const enum family family = definition->peer->cidr.base.family;
	struct range *ranges;

	definition->count[family] = block_ranges(arena, definition->peer, &ranges);
	definition->ranges[family] = ranges;
}

/* Finds the addresses of the nodes that the definition means. */
static void find_nodes(struct maker *maker, struct definition *definition)
{
	const struct resolved *resolved = maker->resolved;
	const struct objects *objects = resolved->objects;
	uint32_t *lists[FAMILIES] = {NULL};

	for (size_t i = 0; i < objects->node_count; i++) {
		const struct cluster_node *node = &objects->nodes[i];

		if (!selector_matches(definition->peer->nodes, node->labels, node->label_count))
			continue;
		for (size_t k = 0; k < node->addr_count; k++) {
			const enum family family = node->addrs[k].family;

			arena_push(maker->arena, lists[family], definition->count[family],
				   number_node_addr(resolved, &node->addrs[k]));
		}
	}
	for (enum family family = V4; family < FAMILIES; family++) {
		definition->addrs[family] = lists[family];
		definition->count[family] = numbers_sort(lists[family], definition->count[family]);
	}
}

/* Collects the addresses of pods that cluster policies tell apart although the pods share them. */
static void find_mixed(const struct finder *finder, struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;

	for (enum family family = V4; objects->share_count && family < FAMILIES; family++) {
		uint32_t *mixed = NULL;
		size_t count = 0;

		for (uint32_t i = 0; i < resolved->addr_count[family]; i++)
			if (bits_has(&finder->mixed,
				     objects->pods[resolved->addrs[family][i].pod].shares))
				arena_push(finder->maker->arena, mixed, count, i);
		resolved->mixed[family] = mixed;
		resolved->mixed_count[family] = count;
	}
}

static void find_addresses(struct maker *maker)
{
	struct resolved *resolved = maker->resolved;
	struct finder finder = start_finding(maker);

	for (size_t i = 0; i < resolved->definition_count; i++) {
		struct definition *definition = &resolved->definitions[i];
		bool block = definition->peer->kind == PEER_BLOCK;
		size_t pods = 0;

		if (definition->kind == DEFINITION_NODES) {
			find_nodes(maker, definition);
			continue;
		}
		if (block)
			find_ranges(maker->arena, definition);
		else
			pods = find_pods(&finder, i);
		for (enum family family = V4;
		     definition->kind != DEFINITION_BLOCK && family < FAMILIES; family++) {
			size_t count = block ? addrs_in_block(&finder, family, definition)
					     : addrs_of_pods(&finder, family, pods);

			if (definition->kind == DEFINITION_NAMED)
				store_named(&finder, family, count, definition);
			else
				store_addrs(&finder, family, count, definition);
		}
	}
	find_mixed(&finder, resolved);
}

bool definition_has(const struct definition *definition, enum family family)
{
	const struct peer *peer = definition->peer;

	return peer->kind != PEER_BLOCK || peer->cidr.base.family == family;
}

void resolve_peers(struct arena *arena, struct arena *scratch, struct identities *identities,
		   const uint32_t *identity_of, const struct wanted *wanted,
		   struct resolved *resolved)
{
	const struct objects *objects = resolved->objects;
	struct maker maker = {.arena = arena,
			      .scratch = scratch,
			      .identities = identities,
			      .identity_of = identity_of,
			      .resolved = resolved,
			      .texts = {.arena = scratch},
			      .lists = {.arena = scratch}};

	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++) {
		resolved->grants[direction] =
			arena_array(arena, objects_enforced(objects), sizeof(struct policy_grants));
		maker.is_of_tiers = true;
		resolved->tier_grants[direction] = arena_array(arena, objects->cluster_policy_count,
							       sizeof(struct tier_grants));
		for (size_t i = 0;
		     (i = bits_next(&wanted->cluster_policies, i)) < objects->cluster_policy_count;
		     i++)
			add_cluster_policy(&maker, (uint32_t)i, direction);
		maker.is_of_tiers = false;
		for (size_t i = 0;
		     (i = bits_next(&wanted->policies, i)) < objects_enforced(objects); i++) {
			const struct policy *policy = &objects->policies[i];

			for (size_t k = 0; k < policy->rule_count[direction]; k++)
				add_rule(&maker, (uint32_t)i, &policy->rules[direction][k],
					 direction);
		}
	}
	sort_definitions(&maker);
	if (objects->cluster_policy_count)
		resolve_node_addresses(arena, resolved);
	find_addresses(&maker);
	for (size_t i = 0; i < maker.named_count; i++) {
		const struct peer_list *list = &resolved->peer_lists[maker.named[i]];

		for (size_t k = 0; k < list->count; k++)
			for (enum family family = V4; family < FAMILIES; family++)
				resolved->peer_sum +=
					resolved->definitions[list->definitions[k]].count[family];
	}
}
