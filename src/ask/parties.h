/*
 * Pieces of ask/world.c: what the policies cut the outside into, and which parties are alike.
 */
#ifndef NP2NFT_ASK_PARTIES_H
#define NP2NFT_ASK_PARTIES_H

#include "ask/world.h"
#include "base/table.h"

/* Parties, growing. */
struct party_list {
	struct party *items;
	size_t count;
};

/*
 * One party for each piece of the addresses outside; an address that stands for it belongs to no pod.  Pieces all of
 * whose addresses are pods' have none.
 */
void world_outside(struct arena *arena, const struct resolved *resolved,
		   const struct surroundings *surroundings, enum family family,
		   struct party_list *parties);

/* The sets and maps of a ruleset: those with a name, then the blocks that chains of policies compare addresses with. */
struct asked_sets {
	const struct set **items;
	size_t count;
	struct table numbers; /* of pointers to sets: indices to items */
};

struct asked_sets asked_sets(struct arena *arena, const struct ruleset *ruleset);

/* An address of a party (by index), its first of the family, is in a set (by index to asked_sets); @meaning is what that means. */
typedef void (*member_found)(void *context, size_t party, enum family family, size_t set,
			     uint32_t meaning);

/*
 * Calls @found for every one of @sets that a party's address is in, but for those of pairs; of a set with ports
 * once for each.  Set, port and verdict together are one number, @meaning; a party's come in an order that is
 * the same for all parties.
 */
void world_memberships(struct arena *arena, const struct asked_sets *sets,
		       const struct party *parties, size_t count, member_found found,
		       void *context);

/*
 * The number of the list @list (0: the empty one) with @item behind it, in a table that holds nothing else.
 * Equal lists have equal numbers.
 */
static inline uint32_t list_longer(struct table *lists, uint32_t list, uint32_t item)
{
	const uint32_t key[] = {list, item};

	return 1 + table_add(lists, key, sizeof(key), NULL);
}

/* Numbers the classes, in the order of the parties. */
void world_classes(struct arena *arena, struct world *world, struct party *parties);

#endif
