/*
 * Peers of rules to definitions: each canonical text once, and what it stands for today.
 */
#ifndef NP2NFT_RESOLVE_PEERS_H
#define NP2NFT_RESOLVE_PEERS_H

#include "base/bits.h"
#include "resolve/resolve.h"
#include "resolve/selectors.h"

/*
 * Fills in resolved->addrs: all addresses of all pods, sorted, each once.  Of several pods that have one it is
 * that of the first on @node (NULL: any).  @scratch may go when it is done.
 */
void resolve_addresses(struct arena *arena, struct arena *scratch, const char *node,
		       struct resolved *resolved);

/* The policies whose rules are of concern. */
struct wanted {
	struct bits policies, cluster_policies;
};

/*
 * Fills in resolved->grants, resolved->tier_grants and resolved->definitions for the policies that are wanted
 * (their rules in a direction in which they isolate), and resolved->peer_sum.  @scratch likewise.
 */
void resolve_peers(struct arena *arena, struct arena *scratch, struct identities *identities,
		   const uint32_t *identity_of, const struct wanted *wanted,
		   struct resolved *resolved);

#endif
