/*
 * Peers of rules to definitions: each canonical text once, and what it stands for today.
 */
#ifndef NP2NFT_RESOLVE_PEERS_H
#define NP2NFT_RESOLVE_PEERS_H

#include "resolve/match.h"
#include "resolve/resolve.h"

/* Fills in resolved->addrs: all addresses of all pods, sorted.  @scratch may go when it is done. */
void resolve_addresses(struct arena *arena, struct arena *scratch, struct resolved *resolved);

/*
 * Fills in resolved->grants and resolved->definitions for the policies in the set @wanted (their
 * rules in a direction in which they isolate), and resolved->peer_sum.  @scratch likewise.
 */
void resolve_peers(struct arena *arena, struct arena *scratch, const struct match_index *index,
		   const struct bits *wanted, struct resolved *resolved);

#endif
