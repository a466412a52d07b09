/*
 * Finds the places along the ports, and along the addresses, at which a verdict may change.
 *
 * In:  a ruleset.  Out: for the way of a packet, the places at which an element of the maps and
 * sets on this way begins or ends.  A place is rank << 16 | port, where the rank of TCP is 0, of
 * UDP 1 and of SCTP 2.
 */
#ifndef NP2NFT_ASK_WORLD_CUTS_H
#define NP2NFT_ASK_WORLD_CUTS_H

#include "ask/world/address_pieces.h"
#include "ruleset/ruleset.h"

#include <stddef.h>

struct arena;
struct ports_cut;

struct cut_list {
	const uint32_t *places; /* ascending */
	size_t count;
};

/* The lists that matter on one way, each with how far it was walked. */
struct cuts_walk {
	struct cut_list lists[3];
	size_t at[3];
};

struct ports_cut *ports_cut_new(struct arena *arena, const struct ruleset *ruleset);

/* The places on the way through the chains @out and @in (NULL: none) to the address @to. */
struct cuts_walk cuts_on_the_way(const struct ports_cut *cuts, const char *out, const char *in,
				 const struct addr *to);

/*
 * The pieces into which all addresses are cut by the sets of ranges that are looked up from @chain
 * on.  All addresses of a piece are in the same of these sets.
 */
struct pieces cuts_pieces(struct ports_cut *cuts, const char *chain, enum family family);

/*
 * Calls @found for each set that is looked up from @chain on, once for each rule that does; the sets of
 * verdict maps, and what these lead to, are among them.
 */
void cuts_each_set(struct ports_cut *cuts, const char *chain,
		   void (*found)(void *context, const struct set *set), void *context);

/*
 * The first place behind @place; UINT32_MAX if there is none.  Places must be asked for in
 * ascending order.
 */
uint32_t cuts_next(struct cuts_walk *walk, uint32_t place);

#endif
