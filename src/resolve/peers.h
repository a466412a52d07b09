/*
 * Turns the peers of rules into definitions: each canonical text once, with the addresses that it
 * stands for today.
 */
#ifndef NP2NFT_RESOLVE_PEERS_H
#define NP2NFT_RESOLVE_PEERS_H

#include "base/bits.h"
#include "resolve/resolved.h"
#include "resolve/selectors.h"

/* The policies whose rules are resolved. */
struct wanted {
	struct bits policies, cluster_policies;
};

/*
 * Fills in resolved->grants, resolved->tier_grants, resolved->definitions and resolved->peer_sum,
 * for the wanted policies and the directions in which they isolate.  @scratch may be freed
 * afterwards.
 */
void resolve_peers(struct arena *arena, struct arena *scratch, struct identities *identities,
		   const uint32_t *identity_of, const struct wanted *wanted,
		   struct resolved *resolved);

#endif
