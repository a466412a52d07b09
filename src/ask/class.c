/*
 * Parties that every question answers alike.
 *
 * What the ruleset does to a packet depends on its addresses only through the sets and maps that they are
 * in; so two parties whose addresses are in the same ones, with the same verdicts and ports, are of one
 * class.  A party's sets are summed up in two numbers of 64 bits, one for each family.
 */
#include "ask/world_parts.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

struct search {
	struct table addrs;
	uint32_t *party_of; /* by address */
	size_t count;
	member_found found;
	void *context;
};

/* So that sums of few numbers do not meet by chance (the finalizer of MurmurHash3, public domain). */
static uint64_t mixed(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

/* What being this element of this set means: the set, the verdict, the port. */
static uint64_t meaning(const struct set *set, size_t i, size_t number)
{
	const size_t addr_len = field_len(set->fields[0]), len = set_key_len(set);
	uint64_t hash = hash_bytes(HASH_START, &number, sizeof(number));

	if (set->verdicts && set->verdicts[i].chain)
		hash = hash_bytes(hash, set->verdicts[i].chain, strlen(set->verdicts[i].chain));
	hash = hash_bytes(hash, set->keys + i * len + addr_len, len - addr_len);
	return mixed(hash);
}

static void find_elements(const struct search *search, const struct set *set, size_t number)
{
	const size_t addr_len = field_len(set->fields[0]);

	for (size_t i = 0; i < set->count; i++) {
		uint32_t addr =
			table_find(&search->addrs, set->keys + i * set_key_len(set), addr_len);

		if (addr != TABLE_NONE)
			search->found(search->context, search->party_of[addr],
				      addr_len == 4 ? V4 : V6, number, meaning(set, i, number));
	}
}

/* The range that an address is in, if any. */
static bool is_within(const struct set *set, const uint8_t *addr)
{
	const size_t len = set_key_len(set);
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(addr, set->keys + middle * len, len) < 0)
			high = middle;
		else if (memcmp(addr, set->ends + middle * len, len) <= 0)
			return true;
		else
			low = middle + 1;
	}
	return false;
}

static void find_ranges(const struct search *search, const struct party *parties, size_t count,
			const struct set *set, size_t number)
{
	const enum family family = set_key_len(set) == 4 ? V4 : V6;
	const uint64_t what = mixed(hash_bytes(HASH_START, &number, sizeof(number)));

	for (size_t i = 0; i < count; i++)
		if (parties[i].has[family] && is_within(set, parties[i].addr[family].bytes))
			search->found(search->context, i, family, number, what);
}

static void add_party(struct arena *arena, struct search *search, const struct party *party,
		      uint32_t number)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		bool added = false;

		if (!party->has[family])
			continue;
		table_add(&search->addrs, party->addr[family].bytes, family_len(family), &added);
		if (added)
			arena_push(arena, search->party_of, search->count, number);
	}
}

void world_memberships(struct arena *arena, const struct ruleset *ruleset,
		       const struct party *parties, size_t count, member_found found, void *context)
{
	struct search search = {.addrs.arena = arena, .found = found, .context = context};

	for (size_t i = 0; i < count; i++)
		add_party(arena, &search, &parties[i], (uint32_t)i);
	for (size_t i = 0; i < ruleset->set_count; i++) {
		const struct set *set = &ruleset->sets[i];

		if (set_is_of_pairs(set))
			continue;
		if (set->interval)
			find_ranges(&search, parties, count, set, i);
		else
			find_elements(&search, set, i);
	}
}

static void sum_up(void *context, size_t party, enum family family, size_t set, uint64_t meaning_of)
{
	uint64_t(*sums)[FAMILIES] = context;

	(void)set;
	sums[party][family] += meaning_of;
}

void world_classes(struct arena *arena, struct world *world, struct party *parties)
{
	uint64_t(*sums)[FAMILIES] = arena_array(arena, world->party_count, sizeof(*sums));
	struct table classes = {.arena = arena};
	uint32_t *firsts = NULL;

	world_memberships(arena, world->ruleset, parties, world->party_count, sum_up, sums);
	for (size_t i = 0; i < world->party_count; i++) {
		bool added = false;

		for (enum family family = V4; family < FAMILIES; family++)
			if (!parties[i].has[family])
				sums[i][family] = UINT64_MAX;
		parties[i].class = table_add(&classes, sums[i], sizeof(sums[i]), &added);
		if (added)
			arena_push(arena, firsts, world->class_count, (uint32_t)i);
	}
	world->classes = firsts;
}
