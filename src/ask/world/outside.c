/*
 * Makes parties for the addresses outside: one for each piece into which the ipBlocks of the
 * policies, and the nodes that they name, cut them.
 */
#include "ask/world/parties.h"
#include "ask/world/range_words.h"
#include "ask/world/world.h"
#include "base/arena.h"
#include "base/table.h"
#include "resolve/addresses.h"

/* The first address of the piece that belongs to no pod; returns false if there is none. */
static bool find_addr(const struct resolved *resolved, enum family family,
		      const struct piece *piece, struct addr *found)
{
	for (size_t i = 0; i < piece->count; i++) {
		const struct range *range = &piece->ranges[i];
		uint8_t at[16] = {0};

		memcpy(at, range->first, family_len(family));
		while (resolved_has_pod_at(resolved, family, at)) {
			if (!memcmp(at, range->last, family_len(family)) ||
			    !addr_step_up(at, family))
				break;
		}
		if (resolved_has_pod_at(resolved, family, at))
			continue;
		found->family = family;
		memcpy(found->bytes, at, sizeof(at));
		return true;
	}
	return false;
}

/* The addresses of nodes, if policies name nodes as peers. */
struct node_index {
	struct table addrs; /* keys: families and bytes */
	const struct cluster_node **nodes;
	size_t count;
};

static struct node_index index_nodes(struct arena *arena, const struct objects *objects,
				     const struct surroundings *surroundings)
{
	struct node_index index = {.addrs.arena = arena};

	for (size_t i = 0; surroundings->names_nodes && i < objects->node_count; i++)
		for (size_t k = 0; k < objects->nodes[i].addr_count; k++) {
			bool added = false;

			table_add(&index.addrs, &objects->nodes[i].addrs[k], sizeof(struct addr),
				  &added);
			if (added)
				arena_push(arena, index.nodes, index.count, &objects->nodes[i]);
		}
	return index;
}

/* The node that has the piece as its address; NULL: none does. */
static const struct cluster_node *node_of(const struct node_index *index, enum family family,
					  const struct piece *piece)
{
	struct addr addr = {.family = family};
	uint32_t number;

	if (piece->count != 1 || memcmp(piece->ranges->first, piece->ranges->last, 16) != 0)
		return NULL;
	memcpy(addr.bytes, piece->ranges->first, family_len(family));
	number = table_find(&index->addrs, &addr, sizeof(addr));
	return number == TABLE_NONE ? NULL : index->nodes[number];
}

/* Writes "node worker-1", with the address if the node has several. */
static const char *node_text(struct arena *arena, const struct cluster_node *node,
			     const struct addr *addr)
{
	char text[ADDR_TEXT];

	if (node->addr_count == 1)
		return arena_printf(arena, "node %s", node->name);
	addr_text(addr->family, addr->bytes, text);
	return arena_printf(arena, "node %s (%s)", node->name, text);
}

static const char *text_of(struct arena *arena, const struct surroundings *surroundings,
			   enum family family, const struct piece *piece)
{
	if (!piece->bare)
		return ranges_listed(arena, family, piece->ranges, piece->count);
	/* Other than those of policies, which an answer need not show. */
	if (surroundings->outside[family].count > 1)
		return ranges_text(arena, family, piece->ranges, piece->count);
	return !surroundings->used[!family] ? "any other address"
	       : family == V4               ? "any other IPv4 address"
					    : "any other IPv6 address";
}

void world_outside(struct arena *arena, const struct resolved *resolved,
		   const struct surroundings *surroundings, enum family family,
		   struct party_list *parties)
{
	const struct pieces *pieces = &surroundings->outside[family];
	const struct node_index nodes = index_nodes(arena, resolved->objects, surroundings);

	for (size_t i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->items[i];
		const struct cluster_node *node = node_of(&nodes, family, piece);
		struct party party = {.kind = PARTY_OUTSIDE,
				      .namespace = "",
				      .pod = ANYTHING,
				      .twin_pod = ANYTHING,
				      .ranges = piece->ranges,
				      .range_count = piece->count,
				      .piece = i,
				      .rest = piece->bare,
				      .node = node ? node->name : NULL};

		if (!find_addr(resolved, family, piece, &party.addr[family]))
			continue;
		party.has[family] = party.known[family] = true;
		party.text = node ? node_text(arena, node, &party.addr[family])
				  : text_of(arena, surroundings, family, piece);
		arena_push(arena, parties->items, parties->count, party);
	}
}
