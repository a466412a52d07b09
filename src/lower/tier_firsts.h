/*
 * Plans what is asked of a node of the tree of ports that is resolved (lower/tier_order.h).
 *
 * In:  the rules of the node, and those of the nodes above it.  Out: for each action, a set of the
 * addresses for which the first of these rules that matches says that action (lower/first_match.h);
 * and the blocks, of which each keeps only what no rule before it decides.
 */
#ifndef NP2NFT_LOWER_TIER_FIRSTS_H
#define NP2NFT_LOWER_TIER_FIRSTS_H

#include "lower/tier_places.h"

/* The entries of a set of first matches. */
struct entries {
	struct first_entry *items;
	size_t count;
};

/* Adds an entry like @entry for each of the definitions. */
void entries_add(struct ordering *ordering, struct entries *to, const uint32_t *definitions,
		 size_t count, struct first_entry entry);

/*
 * Asks for the addresses that are denied, then for those that are accepted, then for those that are
 * passed on.  An address is in at most one of these sets.  @own are the rules that give the sets
 * their names; @is_named says that the sets are about named ports.
 */
void ask_by_first(struct ordering *ordering, struct asks *asks, const struct rule_list *own,
		  const struct entries *entries, enum otherwise otherwise, bool is_named);

/* Asks for the lists of addresses that the rules of a place name. */
void ask_firsts(struct ordering *ordering, struct asks *asks, const struct ordered_place *place);

/* Finds what is asked of the blocks of a place, after the lists of all places. */
void find_blocks(struct ordering *ordering, struct ordered_place *place);

#endif
