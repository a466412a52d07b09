/* Writes ranges of addresses in words. */
#ifndef NP2NFT_ASK_WORLD_RANGE_WORDS_H
#define NP2NFT_ASK_WORLD_RANGE_WORDS_H

#include "base/addr.h"

struct arena;

/*
 * Writes "10.0.0.0/8, 192.0.2.0-192.0.2.9", or if that is shorter, "any IPv4 address but
 * 10.0.0.0/8".
 */
const char *ranges_text(struct arena *arena, enum family family, const struct range *ranges,
			size_t count);

/* Never writes "any but"; names the first ranges, and how many more there are. */
const char *ranges_listed(struct arena *arena, enum family family, const struct range *ranges,
			  size_t count);

#endif
