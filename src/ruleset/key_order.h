/* Sorts the keys of sets. */
#ifndef NP2NFT_RULESET_KEY_ORDER_H
#define NP2NFT_RULESET_KEY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Sorts @count keys of @len bytes each, which begin @stride bytes apart.  Returns their indices in
 * the order of key_compare() (ruleset/ruleset.h); equal keys keep their order.
 */
const uint32_t *key_order(struct arena *arena, const void *keys, size_t count, size_t stride,
			  size_t len, bool concatenation);

#endif
