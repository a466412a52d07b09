/*
 * A hash table from bytes to small integers: 0 for the key that was put in first, 1 for the second,
 * and so on.  Callers keep what belongs to a key in arrays of their own, with these integers as
 * indices.
 *
 * The order of the hash table itself is never visible: whatever leaves a stage is sorted by name.
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
		uint32_t number_plus_1; /* the key's number + 1; 0: the slot is free */
	} * slots;
	size_t size; /* number of slots: 0 or a power of two */
	struct table_key {
		const char *bytes;
		size_t len;
	} * keys; /* index: the key's number */
	size_t count;
	/* give back what was outgrown: nothing else may point to @slots or @keys, no copy of the table for one */
	bool gives_back;
};

/* Returns the number of the key, or TABLE_NONE. */
uint32_t table_find(const struct table *table, const void *key, size_t len);

/*
 * Returns the number of the key.  If the key is new, a copy of it is put in first, and *added
 * becomes true.
 */
uint32_t table_add(struct table *table, const void *key, size_t len, bool *added);

/*
 * Does the same as table_add(), but does not copy the key, which must live and stay unchanged as
 * long as the table.
 */
uint32_t table_keep(struct table *table, const void *key, size_t len, bool *added);

/* Adds @len bytes to a 64-bit FNV-1a hash.  @hash is the hash so far, or HASH_START. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len);

#endif
