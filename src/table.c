/* Open addressing with linear probing, at most two thirds full.  See table.h. */
#include "table.h"

#include "arena.h"

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint32_t hash_of(const void *key, size_t len)
{
	uint64_t hash = hash_bytes(HASH_START, key, len);

	return (uint32_t)(hash ^ hash >> 32);
}

/* The key's slot, or the free one where it would go. */
static struct table_slot *slot_of(const struct table *table, const void *key, size_t len,
				  uint32_t hash)
{
	size_t i = hash & (table->size - 1);

	for (;; i = (i + 1) & (table->size - 1)) {
		struct table_slot *slot = &table->slots[i];

		if (!slot->value_plus_1)
			return slot;
		if (slot->hash == hash && slot->len == len &&
		    (!len || !memcmp(slot->key, key, len)))
			return slot;
	}
}

uint32_t table_find(const struct table *table, const void *key, size_t len)
{
	return table->size ? slot_of(table, key, len, hash_of(key, len))->value_plus_1 - 1
			   : TABLE_NONE;
}

static void enlarge(struct table *table)
{
	struct table old = *table;

	table->size = old.size ? old.size * 2 : 16;
	table->slots = arena_array(table->arena, table->size, sizeof(*table->slots));
	for (size_t i = 0; i < old.size; i++) {
		const struct table_slot *slot = &old.slots[i];

		if (slot->value_plus_1)
			*slot_of(table, slot->key, slot->len, slot->hash) = *slot;
	}
}

uint32_t table_add(struct table *table, const void *key, size_t len, bool *added)
{
	uint32_t hash = hash_of(key, len);
	struct table_slot *slot;

	if (3 * ((size_t)table->count + 1) > 2 * table->size)
		enlarge(table);
	slot = slot_of(table, key, len, hash);
	if (added)
		*added = !slot->value_plus_1;
	if (!slot->value_plus_1)
		*slot = (struct table_slot){
			.key = arena_strndup(table->arena, key, len),
			.len = (uint32_t)len,
			.hash = hash,
			.value_plus_1 = ++table->count,
		};
	return slot->value_plus_1 - 1;
}
