/*
 * Where along the ports, and along the addresses, a verdict may change.
 *
 * In:  a ruleset.
 * Out: for a packet's way, the places at which the maps and sets on it have an element that begins or is
 *      over.  Places are rank of the protocol (TCP 0, UDP 1, SCTP 2) << 16 | port.
 */
#ifndef NP2NFT_ASK_CUTS_H
#define NP2NFT_ASK_CUTS_H

#include "ask/line.h"
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

/* Through the chains @out and @in (NULL: none), to the address @to. */
struct cuts_walk cuts_on_the_way(const struct ports_cut *cuts, const char *out, const char *in,
				 const struct addr *to);

/*
 * The pieces into which the line of addresses is cut by the sets of ranges that are looked up from @chain on: all
 * addresses of a piece are in the same ones.
 */
struct pieces cuts_pieces(struct ports_cut *cuts, const char *chain, enum family family);

/* The first place behind @place; UINT32_MAX if there is none.  Places must be asked for in order. */
uint32_t cuts_next(struct cuts_walk *walk, uint32_t place);

#endif
