/*
 * Keys in order, many of them.
 */
#ifndef NP2NFT_RULESET_KEY_ORDER_H
#define NP2NFT_RULESET_KEY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * The numbers of @count keys of @len bytes, @stride bytes from one to the next, in the order of
 * key_compare() (ruleset/ruleset.h); equal ones as they stand.
 */
const uint32_t *key_order(struct arena *arena, const void *keys, size_t count, size_t stride,
			  size_t len, bool concatenation);

#endif
