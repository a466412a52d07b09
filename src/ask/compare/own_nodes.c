/* Asks about each pod and each address of its node, but only once for those that are answered alike. */
#include "ask/compare/own_nodes.h"

#include "base/arena.h"
#include "base/table.h"

struct own_asking {
	struct arena *arena;
	const struct rows *rows;
	enum age age;
	struct table keys;
	uint32_t *answers; /* index: number of a key; a number of rows->ports */
	size_t count;
};

/* A pod and an address of its node in both worlds, as far as answers depend on them. */
struct own_key {
	uint32_t pods[AGES], addrs[AGES]; /* classes */
	enum family family;
};

/* An address that no party has is of a family about which no policy says anything. */
static uint32_t class_at(const struct world *world, const struct addr *addr)
{
	const size_t party = world_addr(world, addr);

	return party < world->party_count ? world->parties[party].class : CLASS_NONE;
}

static uint32_t reached(struct own_asking *asking, enum age age, const struct party *pod,
			const struct addr *addr)
{
	const struct world *world = asking->rows->pairs->worlds[age];
	const struct spot from = spot_of(pod, addr->family, false), to = {.addr = *addr};
	const struct reach reach = reach_of(asking->arena, world, COURSE_TO_OWN_NODE, &from, &to);

	return ports_number(asking->rows->ports, &reach);
}

/* What passes in the world of the asked age alone. */
static uint32_t ask_pair(struct own_asking *asking, const struct party_pair *pair,
			 const struct addr *addr)
{
	const struct world *const *worlds = asking->rows->pairs->worlds;
	struct own_key key = {.family = addr->family};
	bool added = false;
	uint32_t number;

	for (enum age age = OLD; age < AGES; age++) {
		key.pods[age] = pair->in[age]->class;
		key.addrs[age] = class_at(worlds[age], addr);
	}
	number = table_add(&asking->keys, &key, sizeof(key), &added);
	if (added) {
		const uint32_t mine = reached(asking, asking->age, pair->in[asking->age], addr);
		const uint32_t other = reached(asking, !asking->age, pair->in[!asking->age], addr);

		arena_push(asking->arena, asking->answers, asking->count,
			   ports_minus(asking->rows->ports, mine, other));
	}
	return asking->answers[number];
}

/* Adds what passes for a pod to what passes in each family; PORTS_NONE: nothing was asked about in it yet. */
static void ask_pod(struct own_asking *asking, const struct party_pair *pair,
		    uint32_t passes[FAMILIES])
{
	const struct world *const *worlds = asking->rows->pairs->worlds;
	const struct pod *pods[AGES];
	struct node_addrs node;

	for (enum age age = OLD; age < AGES; age++) {
		if (!pair->in[age] || pair->in[age]->kind != PARTY_POD)
			return;
		pods[age] = &worlds[age]->objects->pods[pair->in[age]->pod];
	}
	node = own_nodes_of(worlds[NEW]->own_nodes, pods[NEW]);
	for (size_t i = 0; i < node.count; i++) {
		const enum family family = node.items[i].family;

		if (pair->in[OLD]->has[family] && pair->in[NEW]->has[family] &&
		    own_nodes_have(worlds[OLD]->own_nodes, pods[OLD], &node.items[i]))
			passes[family] = ports_either(asking->rows->ports,
						      passes[family] == PORTS_NONE ? PORTS_NOTHING
										   : passes[family],
						      ask_pair(asking, pair, &node.items[i]));
	}
}

struct own_changes own_changes_of(struct arena *arena, const struct rows *rows, enum age age)
{
	struct own_asking asking = {.arena = arena, .rows = rows, .age = age, .keys.arena = arena};
	struct own_changes changes = {0};

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		uint32_t passes[FAMILIES] = {PORTS_NONE, PORTS_NONE};
		const struct passage *passage;

		for (size_t k = 0; k < row->party_count; k++)
			ask_pod(&asking, &rows->pairs->items[row->parties[k]], passes);
		passage = passage_of(rows->ports, passes[V4], passes[V6]);
		if (passage_is_open(passage))
			arena_push(arena, changes.items, changes.count,
				   ((struct own_change){i, passage}));
	}
	return changes;
}
