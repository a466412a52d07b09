/*
 * A hash table with open addressing and linear probing, at most two thirds full. Keys get numbers in the
 * order in which they come, so that whoever goes through the numbers sees no order of hashes.
 */
#include "base/table.h"

#include "base/arena.h"

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/*
 * Hashes eight bytes at a time.  This hash may change, while that of hash_bytes() appears in names.
 */
static uint32_t hash_of(const void *key, size_t len)
{
	const unsigned char *at = key;
	uint64_t hash = HASH_START ^ len, word;

	for (; len >= sizeof(word); len -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash, word);
	}
	for (word = 0; len; len--)
		word = word << 8 | at[len - 1];
	hash = mix(hash, word);
	return (uint32_t)(hash ^ hash >> 32);
}

/* Returns the slot of the key, or the free slot where the key would go. */
static struct table_slot *slot_of(const struct table *table, const void *bytes, size_t len,
				  uint32_t hash)
{
	size_t i = hash & (table->size - 1);

	for (;; i = (i + 1) & (table->size - 1)) {
		struct table_slot *slot = &table->slots[i];
		const struct table_key *key;

		if (!slot->number_plus_1)
			return slot;
		if (slot->hash != hash)
			continue;
		key = &table->keys[slot->number_plus_1 - 1];
		if (key->len == len && (!len || !memcmp(key->bytes, bytes, len)))
			return slot;
	}
}

uint32_t table_find(const struct table *table, const void *key, size_t len)
{
	return table->size ? slot_of(table, key, len, hash_of(key, len))->number_plus_1 - 1
			   : TABLE_NONE;
}

static void enlarge(struct table *table)
{
	struct table old = *table;

	table->size = old.size ? old.size * 2 : 16;
	table->slots = arena_array(table->arena, table->size, sizeof(*table->slots));
	for (size_t i = 0; i < old.size; i++) {
		struct table_slot slot = old.slots[i];
		size_t at = slot.hash & (table->size - 1);

		if (!slot.number_plus_1)
			continue;
		while (table->slots[at].number_plus_1)
			at = (at + 1) & (table->size - 1);
		table->slots[at] = slot;
	}
	if (table->gives_back)
		arena_return(table->arena, old.slots, old.size * sizeof(*old.slots));
}

static void push_key(struct table *table, const void *key, size_t len)
{
	const struct table_key item = {key, len};

	if (table->gives_back)
		arena_push_alone(table->arena, table->keys, table->count, item);
	else
		arena_push(table->arena, table->keys, table->count, item);
}

static uint32_t add(struct table *table, const void *key, size_t len, bool copies, bool *added)
{
	uint32_t hash = hash_of(key, len);
	struct table_slot *slot;

	if (3 * (table->count + 1) > 2 * table->size)
		enlarge(table);
	slot = slot_of(table, key, len, hash);
	if (added)
		*added = !slot->number_plus_1;
	if (!slot->number_plus_1) {
		if (copies)
			key = arena_strndup(table->arena, key, len);
		push_key(table, key, len);
		*slot = (struct table_slot){hash, (uint32_t)table->count};
	}
	return slot->number_plus_1 - 1;
}

uint32_t table_add(struct table *table, const void *key, size_t len, bool *added)
{
	return add(table, key, len, true, added);
}

uint32_t table_keep(struct table *table, const void *key, size_t len, bool *added)
{
	return add(table, key, len, false, added);
}
