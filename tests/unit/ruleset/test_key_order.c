/* Compares the orders of ruleset/key_order.h and base/numbers.h with qsort(). */
#include "unit.h"

#include "base/numbers.h"
#include "ruleset/key_order.h"
#include "ruleset/ruleset.h"

#define STRIDE 40

static size_t key_len;
static bool concatenation;

static int compare(const void *a, const void *b)
{
	const uint8_t *x = a, *y = b;
	int order = key_compare(x, y, key_len, concatenation);

	/* Behind the key stands its number, so that qsort() keeps equal keys in order, too. */
	return order ? order : memcmp(x + key_len, y + key_len, 2);
}

/* Makes keys in which few bytes differ, as in addresses; some are the same. */
static void check_keys(size_t count)
{
	struct arena *arena = arena_new();
	uint8_t *keys = arena_array(arena, count, STRIDE);
	uint8_t *sorted = arena_array(arena, count, STRIDE);
	const uint32_t *order;

	for (size_t i = 0; i < count; i++) {
		uint8_t *key = keys + i * STRIDE;

		memset(key, 7, key_len);
		for (unsigned k = 0; k < 3; k++)
			key[k * (key_len - 1) / 2] = (uint8_t)dice(k == 1 ? 3 : 256);
		key[key_len] = (uint8_t)(i >> 8);
		key[key_len + 1] = (uint8_t)i;
	}
	memcpy(sorted, keys, count * STRIDE);
	if (count)
		qsort(sorted, count, STRIDE, compare);
	order = key_order(arena, keys, count, STRIDE, key_len, concatenation);
	for (size_t i = 0; i < count; i++)
		often_assert(!memcmp(keys + order[i] * STRIDE, sorted + i * STRIDE, STRIDE),
			     "%zu keys of %zu bytes: the %zu.", count, key_len, i);
	arena_free(arena);
}

START_TEST(keys_are_in_order)
{
	static const size_t lengths[] = {2, 4, 6, 16, 24, 32}, counts[] = {0, 1, 2, 100, 128, 3000};

	for (size_t i = 0; i < COUNT(lengths) * COUNT(counts) * 2; i++) {
		concatenation = i % 2;
		key_len = lengths[i / 2 % COUNT(lengths)];
		check_keys(counts[i / 2 / COUNT(lengths)]);
	}
}
END_TEST

START_TEST(numbers_are_sorted_each_once)
{
	for (size_t round = 0; round < 200; round++) {
		uint32_t numbers[100];
		bool is_in[60] = {false};
		size_t count = dice(COUNT(numbers)), kept, at = 0;

		for (size_t i = 0; i < count; i++) {
			numbers[i] = dice(COUNT(is_in));
			is_in[numbers[i]] = true;
		}
		kept = numbers_sort(numbers, count);
		for (uint32_t i = 0; i < COUNT(is_in); i++)
			if (is_in[i])
				ck_assert(at < kept && numbers[at++] == i);
		ck_assert_uint_eq(at, kept);
	}
}
END_TEST

UNIT_MAIN("key_order", keys_are_in_order, numbers_are_sorted_each_once)
