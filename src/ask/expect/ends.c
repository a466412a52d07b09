/*
 * Finds the places for which the words of an end stand: pods by labels and namespaces, and of a
 * block, the pods and the pieces of the addresses outside that are in it.
 */
#include "ask/expect/judging.h"
#include "ask/world/labelled.h"
#include "base/arena.h"
#include "model/meaning.h"
#include "model/words.h"
#include "resolve/addresses.h"

struct judged_ends {
	const struct world *world;
	struct labelled *labelled;
	uint32_t *pods; /* it has room for all pods */
};

struct judged_ends *ends_new(struct arena *arena, const struct world *world)
{
	struct judged_ends *ends = arena_alloc(arena, sizeof(*ends));

	*ends = (struct judged_ends){
		.world = world,
		.labelled = labelled_new(arena, world->objects),
		.pods = arena_array(arena, world->objects->pod_count, sizeof(uint32_t)),
	};
	return ends;
}

struct place_finding {
	struct arena *arena;
	const struct judged_ends *ends;
	struct place_list *list;
	bool of_block; /* the end is a block of more than one address */
};

static void add_place(struct place_finding *finding, struct place place)
{
	arena_push(finding->arena, finding->list->items, finding->list->count, place);
}

/* Adds the first address of the part that belongs to no pod; returns false if all belong to pods. */
static bool add_outside(struct place_finding *finding, const struct party *party,
			enum family family, const struct range *part)
{
	const struct resolved *resolved = finding->ends->world->resolved;
	struct addr addr = {.family = family};
	struct place place;
	char text[RANGE_TEXT];

	memcpy(addr.bytes, part->first, family_len(family));
	while (resolved_has_pod_at(resolved, family, addr.bytes))
		if (!memcmp(addr.bytes, part->last, family_len(family)) ||
		    !addr_step_up(addr.bytes, family))
			return false;
	range_text(family, part->first, part->last, text);
	place = place_at(party, &addr, arena_strndup(finding->arena, text, strlen(text)));
	place.of_block = finding->of_block;
	add_place(finding, place);
	return true;
}

/*
 * Adds one address of a family that no pod has.  All addresses of that family get the same answers,
 * and none of the other family is like them.
 */
static void add_unused(struct place_finding *finding, const struct end *end)
{
	const struct party *any = finding->ends->world->parties;

	while (any->kind != PARTY_OUTSIDE)
		any++;
	add_place(finding, place_at(any, &end->cidr.base, end->text));
}

/*
 * Adds each address of a pod that is in the block, and for each party outside, the first of its
 * addresses that is in the block.
 */
static void find_block(struct place_finding *finding, const struct end *end)
{
	const struct world *world = finding->ends->world;
	const enum family family = end->cidr.base.family;
	const struct range block = cidr_range(&end->cidr);
	const struct party_ranges parts = world_parts(finding->arena, world, family, &block);
	uint32_t added = ANYTHING;

	for (size_t i = 0; i < parts.count; i++) {
		const struct party *party = &world->parties[parts.items[i].party];
		struct addr addr = {.family = family};

		memcpy(addr.bytes, parts.items[i].range.first, family_len(family));
		if (party->kind == PARTY_POD)
			add_place(finding, place_at(party, &addr, party->text));
		else if (added != parts.items[i].party &&
			 add_outside(finding, party, family, &parts.items[i].range))
			added = parts.items[i].party;
	}
	if (!finding->list->count)
		add_unused(finding, end);
}

/*
 * Adds the addresses of the node.  Each belongs to a party outside; in a family that nothing is
 * about, it is like any other address outside.
 */
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
			add_place(finding,
				  place_at(&world->parties[party], &node->addrs[k], end->text));
		}
	}
}

static void find_pods(struct place_finding *finding, const struct end *end)
{
	const struct judged_ends *ends = finding->ends;
	const struct peer peer = {
		.kind = PEER_PODS, .namespaces = end->namespaces, .pods = end->pods};
	const size_t count = labelled_pods(ends->labelled, end->namespace, &peer, ends->pods);

	for (size_t i = 0; i < count; i++) {
		const uint32_t pod = ends->pods[i];
		const struct party *party = &ends->world->parties[ends->world->party_of[pod]];

		/* The second pod of two that stand for the same is no place of its own.  */
		if (party->kind <= PARTY_WORKLOAD && party->pod == pod)
			add_place(finding, place_of(party));
	}
}

/*
 * Is the place in the same sets as its party? An address that is not the party's own may be in
 * others.
 */
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

/*
 * Does the pod share its address? Then what reaches it from another pod with that address depends
 * on which two they are.
 */
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
	struct place_finding finding = {.arena = arena, .ends = ends, .list = &places.list};

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
		finding.of_block = end->cidr.prefix < 8 * family_len(end->cidr.base.family);
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
