/*
 * Pods are found through their identities: a selector is matched with each identity once, and not
 * with each pod.  Addresses are found through the pods.
 */
#include "resolve/definitions.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/numbers.h"
#include "base/search.h"
#include "resolve/addresses.h"
#include "resolve/selector_pods.h"

#include <stdlib.h>

/* What finding the addresses of definitions needs, and room for what is found. */
struct finder {
	const struct meaning_input *input;
	uint32_t *selector_of; /* index: definition; TABLE_NONE: it is a block */
	struct selected selected;
	uint32_t *sharers; /* index: pod.shares; how many pods have that number */
	/* how many of these are found; all are 0 between two definitions */
	uint32_t *sharers_found;
	/* the numbers of pod.shares under which cluster policies tell pods apart */
	struct bits mixed;
	uint32_t *pods, *addrs;
	struct bits among; /* a set of addresses, which is empty between two definitions */
};

/* Registers a selector for each definition that means pods by label. */
static struct selectors *select_peers(const struct meaning_input *input, uint32_t *selector_of)
{
	struct selectors *selectors = selectors_new(input->scratch, input->identities);

	for (size_t i = 0; i < input->resolved->definition_count; i++) {
		const struct definition *definition = &input->resolved->definitions[i];
		const struct peer *peer = definition->peer;

		selector_of[i] = TABLE_NONE;
		if (peer->kind == PEER_PODS)
			selector_of[i] =
				selectors_add(selectors,
					      identities_namespace(input->identities,
								   definition->namespace, NULL),
					      peer->namespaces, peer->pods);
	}
	return selectors;
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
	const struct objects *objects = finder->input->resolved->objects;
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

static struct finder start_finding(const struct meaning_input *input)
{
	const struct resolved *resolved = input->resolved;
	struct arena *scratch = input->scratch;
	const size_t pods = resolved->objects->pod_count;
	size_t most = resolved->addr_count[V4] > resolved->addr_count[V6]
			      ? resolved->addr_count[V4]
			      : resolved->addr_count[V6];
	const size_t all = resolved->own_count[V4] > resolved->own_count[V6]
				   ? resolved->own_count[V4]
				   : resolved->own_count[V6];
	struct finder finder = {
		.input = input,
		.selector_of = arena_array(scratch, resolved->definition_count, sizeof(uint32_t)),
		.pods = arena_array(scratch, pods, sizeof(uint32_t)),
		.sharers = count_sharers(scratch, resolved->objects),
		.sharers_found =
			arena_array(scratch, resolved->objects->share_count + 1, sizeof(uint32_t)),
		.mixed = bits_new(scratch, resolved->objects->share_count + 1),
		.addrs = arena_array(scratch, all, sizeof(uint32_t)),
		.among = bits_new(scratch, most),
	};

	finder.selected = selected_new(scratch, input->identities, input->identity_of, pods,
				       select_peers(input, finder.selector_of));
	return finder;
}

/* Finds the pods that the definition means, in no particular order; returns how many there are. */
static size_t find_pods(const struct finder *finder, size_t definition)
{
	const size_t count =
		selected_pods(&finder->selected, finder->selector_of[definition], finder->pods);

	if (!finder->input->resolved->objects->share_count)
		return count;
	return drop_sharers(finder, count,
			    finder->input->resolved->definitions[definition].is_in_tiers);
}

/* Up to so many addresses are sorted faster than they are picked out of all addresses. */
#define FEW 32

/* Turns the pods found into their addresses of a family, ascending; returns how many there are. */
static size_t addrs_of_pods(const struct finder *finder, enum family family, size_t pod_count)
{
	const struct resolved *resolved = finder->input->resolved;
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
	const struct pod_addr *addrs = finder->input->resolved->addrs[family];
	size_t all = finder->input->resolved->addr_count[family], count = 0;

	for (size_t i = 0; i < definition->count[family]; i++) {
		const struct range *range = &definition->ranges[family][i];
		size_t at =
			FIRST_WHERE(k, all, compare_bound(&addrs[k], range->first, family) >= 0);

		for (; at < all && compare_bound(&addrs[at], range->last, family) <= 0; at++)
			finder->addrs[count++] = (uint32_t)at;
	}
	return count;
}

/* Stores each address with each number that its pod gives to the name of the port. */
static void store_named(const struct finder *finder, enum family family, size_t addr_count,
			struct definition *definition)
{
	const struct resolved *resolved = finder->input->resolved;
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
			    sharers_have_port(resolved->objects, pod, port))
				arena_push(finder->input->arena, list, count,
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
	uint32_t *list = arena_array(finder->input->arena, count, sizeof(*list));

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
static void find_nodes(const struct meaning_input *input, struct definition *definition)
{
	const struct resolved *resolved = input->resolved;
	const struct objects *objects = resolved->objects;
	uint32_t *lists[FAMILIES] = {NULL};

	for (size_t i = 0; i < objects->node_count; i++) {
		const struct cluster_node *node = &objects->nodes[i];

		if (!selector_matches(definition->peer->nodes, node->labels, node->label_count))
			continue;
		for (size_t k = 0; k < node->addr_count; k++) {
			const enum family family = node->addrs[k].family;

			arena_push(input->arena, lists[family], definition->count[family],
				   resolve_node_address(resolved, &node->addrs[k]));
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
				arena_push(finder->input->arena, mixed, count, i);
		resolved->mixed[family] = mixed;
		resolved->mixed_count[family] = count;
	}
}

void find_meanings(const struct meaning_input *input)
{
	struct resolved *resolved = input->resolved;
	struct finder finder = start_finding(input);

	for (size_t i = 0; i < resolved->definition_count; i++) {
		struct definition *definition = &resolved->definitions[i];
		bool block = definition->peer->kind == PEER_BLOCK;
		size_t pods = 0;

		if (definition->kind == DEFINITION_NODES) {
			find_nodes(input, definition);
			continue;
		}
		if (block)
			find_ranges(input->arena, definition);
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
