/*
 * The words of an end become the places that it stands for: pods by labels and namespace, and the pieces of
 * a block by who is in them.
 */
#include "ask/expect/judging.h"
#include "base/arena.h"
#include "base/search.h"
#include "model/words.h"
#include "resolve/match.h"

struct judged_ends {
	const struct world *world;
	uint32_t *party_of; /* of each pod; ANYTHING: it is no party's own */
};

struct judged_ends *ends_new(struct arena *arena, const struct world *world)
{
	struct judged_ends *ends = arena_alloc(arena, sizeof(*ends));
	const size_t pods = world->objects->pod_count;

	*ends = (struct judged_ends){
		.world = world,
		.party_of = arena_array(arena, pods, sizeof(uint32_t)),
	};
	memset(ends->party_of, 0xff, pods * sizeof(uint32_t));
	for (uint32_t i = 0; i < world->party_count; i++)
		if (world->parties[i].kind <= PARTY_WORKLOAD)
			ends->party_of[world->parties[i].pod] = i;
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

/* The first part of the block that is in the party's ranges, if it has an address that is no pod's. */
static void add_outside(struct place_finding *finding, const struct party *party,
			enum family family, const struct range *block)
{
	const struct world *world = finding->ends->world;
	const size_t len = family_len(family);
	char text[RANGE_TEXT];

	for (size_t i = 0; i < party->range_count; i++) {
		struct addr addr = {.family = family};
		struct range part;
		bool left = true;

		if (!common(block, &party->ranges[i], len, &part))
			continue;
		memcpy(addr.bytes, part.first, len);
		while (left && is_of_a_pod(world, &addr))
			left = step(&addr, &part);
		if (!left)
			continue;
		range_text(family, part.first, part.last, text);
		add_addr(finding, party, &addr, arena_strndup(finding->arena, text, strlen(text)));
		return;
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

static void find_block(struct place_finding *finding, const struct end *end)
{
	const struct world *world = finding->ends->world;
	const enum family family = end->cidr.base.family;
	const struct range block = cidr_range(&end->cidr);

	for (size_t i = 0; i < world->party_count; i++) {
		const struct party *party = &world->parties[i];
		const struct pod *pod =
			party->kind == PARTY_POD ? &world->objects->pods[party->pod] : NULL;

		for (size_t k = 0; pod && party->known[family] && k < pod->addr_count; k++)
			if (pod->addrs[k].family == family && range_has(&block, &pod->addrs[k]))
				add_addr(finding, party, &pod->addrs[k], party->text);
		if (party->kind == PARTY_OUTSIDE && party->has[family])
			add_outside(finding, party, family, &block);
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

static bool is_in(const struct objects *objects, const struct end *end, const struct pod *pod)
{
	struct label own;
	size_t count;
	const struct label *labels;

	if (!end->namespaces)
		return !strcmp(pod->namespace, end->namespace);
	labels = objects_namespace_labels(objects, pod->namespace, &own, &count);
	return selector_matches(end->namespaces, labels, count);
}

static void find_pods(struct place_finding *finding, const struct end *end)
{
	const struct judged_ends *ends = finding->ends;
	const struct objects *objects = ends->world->objects;

	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];

		if (ends->party_of[i] != ANYTHING &&
		    selector_matches(end->pods, pod->labels, pod->label_count) &&
		    is_in(objects, end, pod))
			add_party(finding, &ends->world->parties[ends->party_of[i]]);
	}
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

static const uint32_t *classes_of(struct arena *arena, const struct world *world,
				  const struct place_list *list)
{
	uint32_t *classes = arena_array(arena, list->count, sizeof(*classes));

	for (size_t i = 0; i < list->count; i++) {
		const struct party *party = list->items[i].party;

		classes[i] = is_like_its_party(party, &list->items[i])
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
