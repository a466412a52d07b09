/*
 * Tests what base/arena.h promises about large pieces of memory, and about pieces that are given
 * back.
 */
#include "unit.h"

#include "base/arena.h"
#include "base/table.h"

#define MANY 200000

/* Lets arrays grow side by side, one of which gives back the memory that it outgrows. */
START_TEST(growing)
{
	struct arena *arena = arena_new();
	size_t alone_count = 0, kept_count = 0;
	uint32_t *alone = NULL, *kept = NULL;

	for (uint32_t i = 0; i < MANY; i++) {
		arena_push_alone(arena, alone, alone_count, i);
		arena_push(arena, kept, kept_count, ~i);
		if (i % 1000 == 0)
			*(char *)arena_alloc(arena, 100) = 'x';
	}
	for (uint32_t i = 0; i < MANY; i++) {
		ck_assert_uint_eq(alone[i], i);
		ck_assert_uint_eq(kept[i], ~i);
	}
	arena_reset(arena);
	alone = arena_array(arena, MANY, sizeof(*alone));
	for (size_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(alone[i], 0);
	arena_return(arena, alone, MANY * sizeof(*alone));
	arena_free(arena);
}
END_TEST

/* The first piece is large, and it is the last one that is given back. */
START_TEST(only_large)
{
	struct arena *arena = arena_new();
	void *first = arena_alloc(arena, MANY), *second = arena_alloc(arena, MANY);
	char *small;

	arena_return(arena, first, MANY);
	arena_return(arena, second, MANY);
	small = arena_strndup(arena, "small", 5);
	first = arena_alloc(arena, MANY);
	memset(first, 1, MANY);
	arena_return(arena, first, MANY);
	ck_assert_str_eq(small, "small");
	arena_free(arena);
}
END_TEST

/* A table that gives back the memory that it outgrows finds the same as one that keeps it. */
START_TEST(tables)
{
	struct arena *arena = arena_new();
	struct table a = {.arena = arena, .gives_back = true}, b = {.arena = arena};

	for (uint32_t i = 0; i < MANY; i++) {
		const uint32_t key = i * 7 % (MANY / 2);

		ck_assert_uint_eq(table_add(&a, &key, sizeof(key), NULL),
				  table_add(&b, &key, sizeof(key), NULL));
	}
	ck_assert_uint_eq(a.count, b.count);
	arena_free(arena);
}
END_TEST

UNIT_MAIN("arena", growing, only_large, tables)
