/*
 * Parties for the addresses outside: each piece into which the ipBlocks of the policies cut them.
 */
#include "ask/parties.h"

#include "ask/ranges.h"
#include "base/arena.h"

#include <stdlib.h>

static int compare_addr(const void *key, const void *item)
{
	return memcmp(key, ((const struct pod_addr *)item)->bytes, 16);
}

static bool is_of_a_pod(const struct resolved *resolved, enum family family, const uint8_t *bytes)
{
	return resolved->addr_count[family] &&
	       bsearch(bytes, resolved->addrs[family], resolved->addr_count[family],
		       sizeof(struct pod_addr), compare_addr);
}

/* To the next address; false behind the last there is. */
static bool step(uint8_t *addr, enum family family)
{
	size_t at = family_len(family);

	while (at > 0 && ++addr[at - 1] == 0)
		at--;
	return at > 0;
}

/* The first address of the piece that belongs to no pod; false if all do. */
static bool find_addr(const struct resolved *resolved, enum family family,
		      const struct piece *piece, struct addr *found)
{
	for (size_t i = 0; i < piece->count; i++) {
		const struct range *range = &piece->ranges[i];
		uint8_t at[16] = {0};

		memcpy(at, range->first, family_len(family));
		while (is_of_a_pod(resolved, family, at)) {
			if (!memcmp(at, range->last, family_len(family)) || !step(at, family))
				break;
		}
		if (is_of_a_pod(resolved, family, at))
			continue;
		found->family = family;
		memcpy(found->bytes, at, sizeof(at));
		return true;
	}
	return false;
}

static const char *text_of(struct arena *arena, const struct surroundings *surroundings,
			   enum family family, const struct piece *piece)
{
	if (!piece->bare)
		return ranges_listed(arena, family, piece->ranges, piece->count);
	/* Of one input the others are rows beside it; of two they may be none that changed. */
	if (surroundings->two && surroundings->outside[family].count > 1)
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

	for (size_t i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->items[i];
		struct party party = {.kind = PARTY_OUTSIDE,
				      .namespace = "",
				      .pod = ANYTHING,
				      .twin_pod = ANYTHING,
				      .ranges = piece->ranges,
				      .range_count = piece->count,
				      .piece = i,
				      .rest = piece->bare};

		if (!find_addr(resolved, family, piece, &party.addr[family]))
			continue;
		party.has[family] = party.known[family] = true;
		party.text = text_of(arena, surroundings, family, piece);
		arena_push(arena, parties->items, parties->count, party);
	}
}
