/*
 * Collects the addresses of all pods, sorts them as bytes, and keeps for each pod the numbers of
 * its own addresses.
 */
#include "resolve/addresses.h"

#include "base/arena.h"
#include "ruleset/key_order.h"

#include <stdlib.h>

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

bool resolved_has_pod_at(const struct resolved *resolved, enum family family, const uint8_t *bytes)
{
	return find_pod_addr(resolved, family, bytes) < resolved->addr_count[family];
}

void resolve_node_addresses(struct arena *arena, struct resolved *resolved)
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

		if (resolved->node_addr_count[family])
			qsort(all, resolved->node_addr_count[family], sizeof(*all),
			      compare_node_addrs);
		for (size_t i = 0; i < resolved->node_addr_count[family]; i++)
			if (!kept || memcmp(all[kept - 1].bytes, all[i].bytes, 16) != 0)
				all[kept++] = all[i];
		resolved->node_addr_count[family] = kept;
	}
}

uint32_t resolve_node_address(const struct resolved *resolved, const struct addr *addr)
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
