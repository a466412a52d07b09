/*
 * Sorts keys by insertion if there are few of them, and by radix if there are many.
 *
 * The hard idea: the radix sort deals the keys to 256 heaps by their last byte, then by the one
 * before, and so on.  Each deal keeps the order that earlier deals made.  A byte that is the same
 * in all keys, as most bytes of addresses are, needs no deal.
 */
#include "ruleset/key_order.h"

#include "base/arena.h"
#include "base/search.h"
#include "ruleset/ruleset.h"

#define FEW 128

struct keys {
	const uint8_t *bytes;
	size_t count, stride, len;
	bool concatenation;
};

static const uint8_t *key_at(const struct keys *keys, uint32_t number)
{
	return keys->bytes + number * keys->stride;
}

static void insert_all(const struct keys *keys, uint32_t *order)
{
	for (size_t i = 1; i < keys->count; i++) {
		uint32_t number = order[i];
		size_t at = FIRST_WHERE(k, i,
					key_compare(key_at(keys, order[k]), key_at(keys, number),
						    keys->len, keys->concatenation) > 0);

		memmove(order + at + 1, order + at, (i - at) * sizeof(*order));
		order[at] = number;
	}
}

/* Deals the keys to heaps by their byte @at. */
static void deal(const struct keys *keys, size_t at, const uint32_t *from, uint32_t *to)
{
	uint32_t begin[257] = {0};

	for (size_t i = 0; i < keys->count; i++)
		begin[keys->bytes[i * keys->stride + at] + 1]++;
	for (size_t i = 0; i < 256; i++)
		begin[i + 1] += begin[i];
	for (size_t i = 0; i < keys->count; i++)
		to[begin[key_at(keys, from[i])[at]]++] = from[i];
}

/*
 * Finds out in which bytes the keys differ.  Keys are read in words of four bytes; the last bytes,
 * if they fill no word, count as different.
 */
static void find_differences(const struct keys *keys, uint8_t *differ)
{
	uint32_t all[KEY_MAX / sizeof(uint32_t)] = {0};
	size_t words = keys->len / sizeof(*all);

	for (size_t i = 1; i < keys->count; i++) {
		const uint8_t *key = key_at(keys, (uint32_t)i);

		for (size_t at = 0; at < words; at++) {
			uint32_t word, first;

			memcpy(&word, key + at * sizeof(word), sizeof(word));
			memcpy(&first, keys->bytes + at * sizeof(word), sizeof(word));
			all[at] |= word ^ first;
		}
	}
	memset(differ, 0xff, keys->len);
	memcpy(differ, all, words * sizeof(*all));
}

const uint32_t *key_order(struct arena *arena, const void *bytes, size_t count, size_t stride,
			  size_t len, bool concatenation)
{
	struct keys keys = {bytes, count, stride, len, concatenation};
	uint32_t *order = arena_array(arena, count, sizeof(*order)), *room;
	uint8_t differ[KEY_MAX];

	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	if (count < FEW) {
		insert_all(&keys, order);
		return order;
	}
	room = arena_array(arena, count, sizeof(*room));
	find_differences(&keys, differ);
	for (size_t i = 0; i < len; i++) {
		size_t at = concatenation ? i : len - 1 - i;
		uint32_t *dealt = room;

		if (!differ[at])
			continue;
		deal(&keys, at, order, dealt);
		room = order;
		order = dealt;
	}
	return order;
}
