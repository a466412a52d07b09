/*
 * Parts of making a world: parties for the addresses outside, the classes of parties, and the index
 * in which parties are looked up.
 */
#ifndef NP2NFT_ASK_WORLD_PARTIES_H
#define NP2NFT_ASK_WORLD_PARTIES_H

#include "base/addr.h"
#include "base/table.h"

struct party;
struct party_index;
struct resolved;
struct ruleset;
struct set;
struct surroundings;
struct world;

/* A list of parties that grows. */
struct party_list {
	struct party *items;
	size_t count;
};

/*
 * Adds one party for each piece of the addresses outside, with an address that belongs to no pod.
 * A piece whose addresses all belong to pods gets no party.
 */
void world_outside(struct arena *arena, const struct resolved *resolved,
		   const struct surroundings *surroundings, enum family family,
		   struct party_list *parties);

/*
 * The sets and maps of a ruleset: those with a name, then the blocks with which chains of policies
 * compare addresses.
 */
struct asked_sets {
	const struct set **items;
	size_t count;
	struct table numbers; /* keys: pointers to sets; the numbers are indices to items */
};

struct asked_sets asked_sets(struct arena *arena, const struct ruleset *ruleset);

/*
 * Receives that an address of a party (its first of the family) is in a set.  Party and set are
 * given by index; @meaning is what that means.
 */
typedef void (*member_found)(void *context, size_t party, enum family family, size_t set,
			     uint32_t meaning);

/*
 * Calls @found for each of @sets that has an address of a party, once for each port if it is a set
 * with ports; sets of pairs are left out.  @meaning is one number for set, port and verdict
 * together.  The meanings of a party come in an order that is the same for all parties.
 */
void world_memberships(struct arena *arena, const struct asked_sets *sets,
		       const struct party *parties, size_t count, member_found found,
		       void *context);

/*
 * The number of the list that consists of the list @list (0: the empty one) with @item behind it,
 * in a table that holds nothing else.  Equal lists have equal numbers.
 */
static inline uint32_t list_longer(struct table *lists, uint32_t list, uint32_t item)
{
	const uint32_t key[] = {list, item};

	return 1 + table_add(lists, key, sizeof(key), NULL);
}

/* Makes the index; it is for world_named(), world_addr() and world_parts(). */
struct party_index *party_index_new(struct arena *arena, const struct world *world);

/* Numbers the classes in the order of the parties. */
void world_classes(struct arena *arena, struct world *world, struct party *parties);

#endif
