/*
 * Parties that every question answers alike.
 *
 * What the ruleset does to a packet depends on its addresses only through the sets and maps that they are
 * in; so two parties whose addresses are in the same ones, with the same verdicts and ports, are of one
 * class.  A party's sets are summed up in two numbers of 64 bits, one for each family.
 */
#include "world_parts.h"

#include "arena.h"
#include "table.h"

#include <stdlib.h>

struct classing {
	struct arena *arena;
	struct table addrs; /* of parties */
	uint64_t *sums;     /* by address */
	size_t count;
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

static void add_elements(struct classing *classing, const struct set *set, size_t number)
{
	for (size_t i = 0; i < set->count; i++) {
		uint32_t addr = table_find(&classing->addrs, set->keys + i * set_key_len(set),
					   field_len(set->fields[0]));

		if (addr != TABLE_NONE)
			classing->sums[addr] += meaning(set, i, number);
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

static void add_ranges(struct classing *classing, const struct party *parties, size_t count,
		       const struct set *set, size_t number)
{
	const enum family family = set_key_len(set) == 4 ? V4 : V6;
	const uint64_t what = mixed(hash_bytes(HASH_START, &number, sizeof(number)));

	for (size_t i = 0; i < count; i++) {
		const uint8_t *addr = parties[i].addr[family].bytes;

		if (parties[i].has[family] && is_within(set, addr))
			classing->sums[table_find(&classing->addrs, addr, family_len(family))] +=
				what;
	}
}

static void add_party(struct classing *classing, const struct party *party)
{
	for (enum family family = V4; family < FAMILIES; family++) {
		bool added = false;

		if (!party->has[family])
			continue;
		table_add(&classing->addrs, party->addr[family].bytes, family_len(family), &added);
		if (added)
			arena_push(classing->arena, classing->sums, classing->count, (uint64_t)0);
	}
}

static void sum_up(struct classing *classing, const struct world *world,
		   const struct party *parties)
{
	for (size_t i = 0; i < world->ruleset->set_count; i++) {
		const struct set *set = &world->ruleset->sets[i];

		if (set_is_of_pairs(set))
			continue;
		if (set->interval)
			add_ranges(classing, parties, world->party_count, set, i);
		else
			add_elements(classing, set, i);
	}
}

void world_classes(struct arena *arena, struct world *world, struct party *parties)
{
	struct classing classing = {.arena = arena, .addrs.arena = arena};
	struct table classes = {.arena = arena};
	uint32_t *firsts = NULL;

	for (size_t i = 0; i < world->party_count; i++)
		add_party(&classing, &parties[i]);
	sum_up(&classing, world, parties);
	for (size_t i = 0; i < world->party_count; i++) {
		struct party *party = &parties[i];
		uint64_t key[FAMILIES] = {UINT64_MAX, UINT64_MAX};
		bool added = false;

		for (enum family family = V4; family < FAMILIES; family++)
			if (party->has[family])
				key[family] = classing.sums[table_find(&classing.addrs,
								       party->addr[family].bytes,
								       family_len(family))];
		party->class = table_add(&classes, key, sizeof(key), &added);
		if (added)
			arena_push(arena, firsts, world->class_count, (uint32_t)i);
	}
	world->classes = firsts;
}
