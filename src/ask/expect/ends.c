/*
 * The words of an end become the places that it stands for: pods by labels and namespace, and the pieces of
 * a block by who is in them.
 */
#include "ask/expect/judging.h"
#include "ask/labelled.h"
#include "base/arena.h"
#include "base/search.h"
#include "model/selector.h"
#include "model/words.h"

#include <stdlib.h>

/* An address of a pod, or the range of a party outside. */
struct party_range {
	struct range range;
	uint32_t party;
};

/* Sorted and disjoint, but that several pods may have one address. */
struct party_ranges {
	struct party_range *items;
	size_t count;
};

struct judged_ends {
	const struct world *world;
	uint32_t *party_of; /* of each pod; ANYTHING: it is no party's own */
	struct labelled *labelled;
	uint32_t *pods; /* room for all */
	struct party_ranges of_pods[FAMILIES], outside[FAMILIES];
};

static int compare_ranges(const void *a, const void *b)
{
	const struct party_range *x = a, *y = b;
	int order = memcmp(x->range.first, y->range.first, sizeof(x->range.first));

	return order ? order : (x->party > y->party) - (x->party < y->party);
}

static void sort_ranges(struct party_ranges *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_ranges);
}

static void list_ranges(struct arena *arena, struct judged_ends *ends, uint32_t number)
{
	const struct party *party = &ends->world->parties[number];
	const struct pod *pod =
		party->kind == PARTY_POD ? &ends->world->objects->pods[party->pod] : NULL;

	for (size_t i = 0; pod && i < pod->addr_count; i++) {
		struct party_ranges *list = &ends->of_pods[pod->addrs[i].family];
		struct party_range one = {.party = number};

		memcpy(one.range.first, pod->addrs[i].bytes, family_len(pod->addrs[i].family));
		memcpy(one.range.last, one.range.first, sizeof(one.range.last));
		if (party->known[pod->addrs[i].family])
			arena_push(arena, list->items, list->count, one);
	}
	for (size_t i = 0; i < party->range_count; i++) {
		struct party_ranges *list = &ends->outside[party->has[V4] ? V4 : V6];

		arena_push(arena, list->items, list->count,
			   ((struct party_range){party->ranges[i], number}));
	}
}

struct judged_ends *ends_new(struct arena *arena, const struct world *world)
{
	struct judged_ends *ends = arena_alloc(arena, sizeof(*ends));
	const size_t pods = world->objects->pod_count;

	*ends = (struct judged_ends){
		.world = world,
		.party_of = arena_array(arena, pods, sizeof(uint32_t)),
		.labelled = labelled_new(arena, world->objects),
		.pods = arena_array(arena, pods, sizeof(uint32_t)),
	};
	memset(ends->party_of, 0xff, pods * sizeof(uint32_t));
	for (uint32_t i = 0; i < world->party_count; i++) {
		if (world->parties[i].kind <= PARTY_WORKLOAD)
			ends->party_of[world->parties[i].pod] = i;
		list_ranges(arena, ends, i);
	}
	for (enum family family = V4; family < FAMILIES; family++) {
		sort_ranges(&ends->of_pods[family]);
		sort_ranges(&ends->outside[family]);
	}
	return ends;
}

struct place_finding {
	struct arena *arena;
	const struct judged_ends *ends;
	struct place_list *list;
};

static void add_party(struct place_finding *finding, const struct party *party)
{
	struct place place = {.text = party->text, .party = party};

	memcpy(place.addr, party->addr, sizeof(place.addr));
	memcpy(place.class_addr, party->addr, sizeof(place.class_addr));
	memcpy(place.has, party->has, sizeof(place.has));
	memcpy(place.known, party->known, sizeof(place.known));
	arena_push(finding->arena, finding->list->items, finding->list->count, place);
}

/* By one address alone. */
static void add_addr(struct place_finding *finding, const struct party *party,
		     const struct addr *addr, const char *text)
{
	struct place place = {.text = text, .party = party};

	place.addr[addr->family] = place.class_addr[addr->family] = *addr;
	place.has[addr->family] = place.known[addr->family] = true;
	arena_push(finding->arena, finding->list->items, finding->list->count, place);
}

static bool is_of_a_pod(const struct world *world, const struct addr *addr)
{
	const struct pod_addr *addrs = world->resolved->addrs[addr->family];
	const size_t count = world->resolved->addr_count[addr->family];
	const size_t len = family_len(addr->family);
	const size_t at = FIRST_WHERE(i, count, memcmp(addrs[i].bytes, addr->bytes, len) >= 0);

	return at < count && !memcmp(addrs[at].bytes, addr->bytes, len);
}

/* The next address of the range; false behind its last. */
static bool step(struct addr *addr, const struct range *range)
{
	size_t at = family_len(addr->family);

	if (!memcmp(addr->bytes, range->last, at))
		return false;
	while (++addr->bytes[at - 1] == 0)
		at--;
	return true;
}

/* What both have in common; false: nothing. */
static bool common(const struct range *a, const struct range *b, size_t len, struct range *out)
{
	*out = *a;
	if (memcmp(b->first, out->first, len) > 0)
		memcpy(out->first, b->first, len);
	if (memcmp(b->last, out->last, len) < 0)
		memcpy(out->last, b->last, len);
	return memcmp(out->first, out->last, len) <= 0;
}

/* The first address of the part that is no pod's; false: all are. */
static bool add_outside(struct place_finding *finding, const struct party *party,
			enum family family, const struct range *part)
{
	struct addr addr = {.family = family};
	bool left = true;
	char text[RANGE_TEXT];

	memcpy(addr.bytes, part->first, family_len(family));
	while (left && is_of_a_pod(finding->ends->world, &addr))
		left = step(&addr, part);
	if (!left)
		return false;
	range_text(family, part->first, part->last, text);
	add_addr(finding, party, &addr, arena_strndup(finding->arena, text, strlen(text)));
	return true;
}

/* What of the block is in ranges of the list. */
static void list_parts(struct arena *arena, const struct party_ranges *list, enum family family,
		       const struct range *block, struct party_ranges *parts)
{
	const size_t len = family_len(family);

	for (size_t i = FIRST_WHERE(k, list->count,
				    memcmp(list->items[k].range.last, block->first, len) >= 0);
	     i < list->count; i++) {
		struct party_range part = {.party = list->items[i].party};

		if (!common(block, &list->items[i].range, len, &part.range))
			return;
		arena_push(arena, parts->items, parts->count, part);
	}
}

/* Of a family that no pod has all addresses are alike, and like none outside of the other family. */
static void add_unused(struct place_finding *finding, const struct end *end)
{
	const struct party *any = finding->ends->world->parties;

	while (any->kind != PARTY_OUTSIDE)
		any++;
	add_addr(finding, any, &end->cidr.base, end->text);
}

static int compare_parts(const void *a, const void *b)
{
	const struct party_range *x = a, *y = b;

	if (x->party != y->party)
		return x->party < y->party ? -1 : 1;
	return compare_ranges(a, b);
}

/* Each address of a pod that is in the block; and of each party outside the first address that is. */
static void find_block(struct place_finding *finding, const struct end *end)
{
	const struct judged_ends *ends = finding->ends;
	const enum family family = end->cidr.base.family;
	const struct range block = cidr_range(&end->cidr);
	struct party_ranges parts = {0};
	uint32_t added = ANYTHING;

	list_parts(finding->arena, &ends->of_pods[family], family, &block, &parts);
	list_parts(finding->arena, &ends->outside[family], family, &block, &parts);
	if (parts.count)
		qsort(parts.items, parts.count, sizeof(*parts.items), compare_parts);
	for (size_t i = 0; i < parts.count; i++) {
		const struct party *party = &ends->world->parties[parts.items[i].party];
		struct addr addr = {.family = family};

		memcpy(addr.bytes, parts.items[i].range.first, family_len(family));
		if (party->kind == PARTY_POD)
			add_addr(finding, party, &addr, party->text);
		else if (added != parts.items[i].party &&
			 add_outside(finding, party, family, &parts.items[i].range))
			added = parts.items[i].party;
	}
	if (!finding->list->count)
		add_unused(finding, end);
}

/* Each of its addresses is one of some party outside; of a family that nothing is about, like any other. */
static void find_node(struct place_finding *finding, const struct end *end)
{
	const struct world *world = finding->ends->world;

	for (size_t i = 0; i < world->objects->node_count; i++) {
		const struct cluster_node *node = &world->objects->nodes[i];

		for (size_t k = 0; !strcmp(node->name, end->name) && k < node->addr_count; k++) {
			size_t party = world_addr(world, &node->addrs[k]);

			for (size_t n = 0; party == world->party_count && n < world->party_count;
			     n++)
				if (world->parties[n].kind == PARTY_OUTSIDE)
					party = n;
			add_addr(finding, &world->parties[party], &node->addrs[k], end->text);
		}
	}
}

static void find_pods(struct place_finding *finding, const struct end *end)
{
	const struct judged_ends *ends = finding->ends;
	const struct peer peer = {
		.kind = PEER_PODS, .namespaces = end->namespaces, .pods = end->pods};
	const size_t count = labelled_pods(ends->labelled, end->namespace, &peer, ends->pods);

	for (size_t i = 0; i < count; i++)
		if (ends->party_of[ends->pods[i]] != ANYTHING)
			add_party(finding, &ends->world->parties[ends->party_of[ends->pods[i]]]);
}

/* An address that is not its party's own may be in other sets than that. */
static bool is_like_its_party(const struct party *party, const struct place *place)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		if (!place->has[family])
			continue;
		if (!party->has[family])
			return false;
		if (party->kind != PARTY_OUTSIDE &&
		    memcmp(party->addr[family].bytes, place->class_addr[family].bytes,
			   family_len(family)) != 0)
			return false;
	}
	return true;
}

/* What reaches one of pods that share an address from another of them depends on which two they are. */
static bool shares_address(const struct world *world, const struct party *party)
{
	return party->kind == PARTY_POD && world->objects->pods[party->pod].shares;
}

static const uint32_t *classes_of(struct arena *arena, const struct world *world,
				  const struct place_list *list)
{
	uint32_t *classes = arena_array(arena, list->count, sizeof(*classes));

	for (size_t i = 0; i < list->count; i++) {
		const struct party *party = list->items[i].party;

		classes[i] =
			is_like_its_party(party, &list->items[i]) && !shares_address(world, party)
				? party->class
				: (uint32_t)(world->class_count + i);
	}
	return classes;
}

struct end_places ends_find(struct arena *arena, const struct judged_ends *ends,
			    const struct end *end, enum direction direction)
{
	struct end_places places = {.list.text = end_text(arena, ends->world, end)};
	struct place_finding finding = {arena, ends, &places.list};

	switch (end->kind) {
	case END_ADDRESS:
		if (world_addr(ends->world, &end->cidr.base) == ends->world->party_count) {
			add_unused(&finding, end);
			break;
		}
		/* fallthrough */
	case END_WORKLOAD:
	case END_SERVICE:
		places.fault = places_find(arena, ends->world, end->text, end->namespace, direction,
					   &places.list, &places.notes);
		break;
	case END_BLOCK:
		find_block(&finding, end);
		break;
	case END_NODE:
		find_node(&finding, end);
		if (!places.list.count)
			places.fault = arena_printf(arena, "%s: there is none with an address",
						    places.list.text);
		break;
	case END_PODS:
		find_pods(&finding, end);
		if (!places.list.count)
			places.fault = arena_printf(arena, "%s: there are none", places.list.text);
		break;
	}
	places.classes = classes_of(arena, ends->world, &places.list);
	return places;
}

const char *end_text(struct arena *arena, const struct world *world, const struct end *end)
{
	const struct peer peer = {
		.kind = PEER_PODS, .namespaces = end->namespaces, .pods = end->pods};

	switch (end->kind) {
	case END_WORKLOAD:
		if (strcmp(end->workload, "Pod") != 0)
			return workload_text(arena, end->workload, end->namespace, end->name);
		return arena_printf(arena, "%s/%s", end->namespace, end->name);
	case END_SERVICE:
		return arena_printf(arena, "Service %s/%s", end->namespace, end->name);
	case END_ADDRESS:
	case END_BLOCK:
	case END_NODE:
		return end->text;
	case END_PODS:
		return pods_in_words(arena, world->objects, &peer, end->namespace);
	}
	return "";
}
