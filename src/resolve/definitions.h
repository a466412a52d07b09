/*
 * What each definition means today.
 *
 * In:  definitions, the identities of pods, and the addresses of pods and nodes.
 * Out: the addresses that each definition stands for, or its ranges of addresses.
 */
#ifndef NP2NFT_RESOLVE_DEFINITIONS_H
#define NP2NFT_RESOLVE_DEFINITIONS_H

#include "resolve/identity.h"
#include "resolve/resolved.h"

struct meaning_input {
	struct arena *arena, *scratch; /* @scratch may be freed afterwards */
	struct identities *identities;
	const uint32_t *identity_of; /* index: pod */
	struct resolved *resolved;
};

/* Fills in the addresses of resolved->definitions, and resolved->mixed. */
void find_meanings(const struct meaning_input *input);

#endif
