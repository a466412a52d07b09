/*
 * Memory that lives as long as one compilation and is freed at once.
 *
 * In:  sizes.  Out: zeroed memory, aligned for any type.
 *
 * Nothing is freed alone.  Running out of memory ends the call of the library (base/call.h), so that
 * no function here ever returns NULL, and a half-built value never travels on.
 */
#ifndef NP2NFT_BASE_ARENA_H
#define NP2NFT_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Ends the life of everything allocated so far; the arena itself stays usable. */
void arena_reset(struct arena *arena);

/* @size bytes of zeroes, 8-byte aligned; never NULL, also for 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* The array of @count elements of @size bytes each; an overflow counts as out of memory. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A copy of @len bytes at @text, with a NUL behind it. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* printf into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

char *arena_vprintf(struct arena *arena, const char *format, va_list list)
	__attribute__((format(printf, 2, 0)));

/* All the texts (the last is followed by a NULL) in one. */
char *arena_join(struct arena *arena, const char *first, ...) __attribute__((sentinel));

/* A text that grows at its end; {0} is the empty one (its text NULL until something is appended). */
struct string {
	char *text; /* NUL behind it */
	size_t len, size;
};

/* Appends in printf's way; the cost of many appends is linear. */
void arena_append(struct arena *arena, struct string *string, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends @text as it is. */
void arena_add(struct arena *arena, struct string *string, const char *text);

/*
 * Room for one element more at the end of a growing array: returns @items, or a larger copy of it
 * when @count elements fill it (capacities are powers of two, derived from @count).
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size);

/*
 * Appends @item to the array @items of @count elements, both lvalues.  @item comes first: if making it
 * fails, the array is as it was.
 */
#define arena_push(arena, items, count, item)                                                      \
	do {                                                                                       \
		const __typeof__(*(items)) pushed_item = (item);                                   \
                                                                                                   \
		(items) = arena_grow((arena), (items), (count), sizeof(*(items)));                 \
		(items)[(count)++] = pushed_item;                                                  \
	} while (0)

#endif
