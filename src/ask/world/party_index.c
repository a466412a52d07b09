/* Names are in a table; addresses and ranges are sorted, so that they are found by binary search. */
#include "ask/world/parties.h"
#include "ask/world/world.h"
#include "base/arena.h"
#include "base/search.h"
#include "base/table.h"

#include <stdlib.h>

struct party_index {
	struct table names;
	struct named_parties *named;
	size_t named_count;
	/* addresses of running pods, as ranges of one; several pods may have one address */
	struct party_ranges pods[FAMILIES];
	struct party_ranges outside[FAMILIES]; /* disjoint */
};

static void index_name(struct arena *arena, struct party_index *index, const char *name,
		       uint32_t party)
{
	struct named_parties *named;
	bool added = false;
	uint32_t number = table_add(&index->names, name, strlen(name), &added);

	if (added)
		arena_push(arena, index->named, index->named_count, (struct named_parties){0});
	named = &index->named[number];
	if (!named->count || named->items[named->count - 1] != party)
		arena_push(arena, named->items, named->count, party);
}

static void index_names(struct arena *arena, struct party_index *index, const struct party *party,
			uint32_t number)
{
	if (party->kind == PARTY_POD || party->kind == PARTY_STRANGER)
		index_name(arena, index, party->text, number);
	if (party->kind <= PARTY_WORKLOAD && party->owner)
		index_name(arena, index,
			   arena_printf(arena, "%s/%s", party->namespace, party->owner), number);
}

static void add_range(struct arena *arena, struct party_ranges *list, const uint8_t *first,
		      const uint8_t *last, uint32_t party)
{
	struct party_range one = {.party = party};

	memcpy(one.range.first, first, sizeof(one.range.first));
	memcpy(one.range.last, last, sizeof(one.range.last));
	arena_push(arena, list->items, list->count, one);
}

static void index_addresses(struct arena *arena, struct party_index *index,
			    const struct world *world, uint32_t number)
{
	const struct party *party = &world->parties[number];
	const struct pod *pod = party->kind == PARTY_POD ? &world->objects->pods[party->pod] : NULL;

	for (size_t i = 0; pod && i < pod->addr_count; i++)
		if (party->known[pod->addrs[i].family])
			add_range(arena, &index->pods[pod->addrs[i].family], pod->addrs[i].bytes,
				  pod->addrs[i].bytes, number);
	for (size_t i = 0; i < party->range_count; i++)
		add_range(arena, &index->outside[party->has[V4] ? V4 : V6], party->ranges[i].first,
			  party->ranges[i].last, number);
}

static int compare_ranges(const void *a, const void *b)
{
	const struct party_range *x = a, *y = b;
	const int order = memcmp(x->range.first, y->range.first, sizeof(x->range.first));

	return order ? order : (x->party > y->party) - (x->party < y->party);
}

static void sort_ranges(struct party_ranges *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_ranges);
}

struct party_index *party_index_new(struct arena *arena, const struct world *world)
{
	struct party_index *index = arena_alloc(arena, sizeof(*index));

	index->names.arena = arena;
	for (uint32_t i = 0; i < world->party_count; i++) {
		index_names(arena, index, &world->parties[i], i);
		index_addresses(arena, index, world, i);
	}
	for (enum family family = V4; family < FAMILIES; family++) {
		sort_ranges(&index->pods[family]);
		sort_ranges(&index->outside[family]);
	}
	return index;
}

struct named_parties world_named(const struct world *world, const char *text)
{
	const uint32_t number = table_find(&world->index->names, text, strlen(text));

	return number == TABLE_NONE ? (struct named_parties){0} : world->index->named[number];
}

/* The first range of the list that does not end before the address. */
static size_t first_from(const struct party_ranges *list, const uint8_t *bytes, size_t len)
{
	return FIRST_WHERE(i, list->count, memcmp(list->items[i].range.last, bytes, len) >= 0);
}

size_t world_addr(const struct world *world, const struct addr *addr)
{
	const struct party_ranges *const lists[] = {&world->index->pods[addr->family],
						    &world->index->outside[addr->family]};
	const size_t len = family_len(addr->family);

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const size_t at = first_from(lists[i], addr->bytes, len);

		if (at < lists[i]->count &&
		    memcmp(lists[i]->items[at].range.first, addr->bytes, len) <= 0)
			return lists[i]->items[at].party;
	}
	return world->party_count;
}

/* What two ranges have in common; returns false if that is nothing. */
static bool common(const struct range *a, const struct range *b, size_t len, struct range *out)
{
	*out = *a;
	if (memcmp(b->first, out->first, len) > 0)
		memcpy(out->first, b->first, len);
	if (memcmp(b->last, out->last, len) < 0)
		memcpy(out->last, b->last, len);
	return memcmp(out->first, out->last, len) <= 0;
}

static void add_parts(struct arena *arena, const struct party_ranges *list, enum family family,
		      const struct range *block, struct party_ranges *parts)
{
	const size_t len = family_len(family);

	for (size_t i = first_from(list, block->first, len); i < list->count; i++) {
		struct party_range part = {.party = list->items[i].party};

		if (!common(block, &list->items[i].range, len, &part.range))
			return;
		arena_push(arena, parts->items, parts->count, part);
	}
}

static int compare_parts(const void *a, const void *b)
{
	const struct party_range *x = a, *y = b;

	return x->party != y->party ? (x->party > y->party) - (x->party < y->party)
				    : compare_ranges(a, b);
}

struct party_ranges world_parts(struct arena *arena, const struct world *world, enum family family,
				const struct range *block)
{
	struct party_ranges parts = {0};

	add_parts(arena, &world->index->pods[family], family, block, &parts);
	add_parts(arena, &world->index->outside[family], family, block, &parts);
	if (parts.count)
		qsort(parts.items, parts.count, sizeof(*parts.items), compare_parts);
	return parts;
}
