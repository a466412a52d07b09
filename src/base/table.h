/*
 * A hash table from bytes to small integers: 0 for the first key put in, 1 for the second, and so
 * on, so that callers keep what belongs to a key in arrays of their own.
 *
 * Its order is never printed: whatever leaves a stage is sorted by name.
 */
#ifndef NP2NFT_BASE_TABLE_H
#define NP2NFT_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define TABLE_NONE UINT32_MAX

struct table {
	struct arena *arena;
	struct table_slot {
		uint32_t hash;
		uint32_t number_plus_1; /* of the key; 0: the slot is free */
	} * slots;
	size_t size; /* of slots; 0 or a power of two */
	struct table_key {
		const char *bytes;
		size_t len;
	} * keys; /* by number */
	size_t count;
};

/* The number of the key, or TABLE_NONE. */
uint32_t table_find(const struct table *table, const void *key, size_t len);

/* The number of the key, a copy of which is put in first if it is new (then *@added is true). */
uint32_t table_add(struct table *table, const void *key, size_t len, bool *added);

/* The same with a key that is not copied: it must stay as it is for as long as the table. */
uint32_t table_keep(struct table *table, const void *key, size_t len, bool *added);

/* 64 bits of FNV-1a over @len bytes, continued from @hash (HASH_START to begin). */
#define HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len);

#endif
