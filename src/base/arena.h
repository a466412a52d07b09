/*
 * Memory that lives as long as one compilation and is freed at once.
 *
 * In:  sizes.  Out: zeroed memory, aligned for any type.
 *
 * No piece is freed by itself.  When memory runs out, the call of the library ends (base/guarded_call.h),
 * so that no function here ever returns NULL, and nobody meets a half-built value.
 */
#ifndef NP2NFT_BASE_ARENA_H
#define NP2NFT_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

/* Tells compilers and analyzers that a function returns no NULL. */
#define NEVER_NULL __attribute__((returns_nonnull))

struct arena *arena_new(void) NEVER_NULL;
void arena_free(struct arena *arena);

/* Frees everything that was allocated so far.  The arena itself can be used again. */
void arena_reset(struct arena *arena);

/*
 * Allocates @size bytes, set to zero and 8-byte aligned.  Never returns NULL, also not for 0 bytes.
 */
void *arena_alloc(struct arena *arena, size_t size) NEVER_NULL;

/*
 * Allocates an array of @count elements of @size bytes each.  An overflow counts as out of memory.
 */
void *arena_array(struct arena *arena, size_t count, size_t size) NEVER_NULL;

/* Copies @len bytes from @text, and puts a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *text, size_t len) NEVER_NULL;

/* Formats as printf() does, into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3))) NEVER_NULL;

char *arena_vprintf(struct arena *arena, const char *format, va_list list)
	__attribute__((format(printf, 2, 0))) NEVER_NULL;

/* Joins all the texts into one; a NULL follows the last. */
char *arena_join(struct arena *arena, const char *first, ...) __attribute__((sentinel)) NEVER_NULL;

/*
 * A text that grows at its end.  {0} is the empty one; its text is NULL until something is
 * appended.
 */
struct string {
	char *text; /* a NUL follows it */
	size_t len, size;
};

/* Formats as printf() does and appends the result.  The cost of many appends is linear. */
void arena_append(struct arena *arena, struct string *string, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends @text unchanged. */
void arena_add(struct arena *arena, struct string *string, const char *text);

/*
 * Makes room for one element more at the end of a growing array: returns @items, or a larger copy
 * of it if its @count elements fill it.  The capacity is a power of two and follows from @count.
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size) NEVER_NULL;

/*
 * Gives back an array of @size bytes that nobody needs any more; it may be NULL.  Only a large one is
 * freed before the arena is.
 */
void arena_return(struct arena *arena, void *items, size_t size);

/*
 * Appends @item to the array @items of @count elements; both must be lvalues.  @item is evaluated
 * first: if that fails, the array is unchanged.
 */
#define arena_push(arena, items, count, item)                                                      \
	do {                                                                                       \
		const __typeof__(*(items)) pushed_item = (item);                                   \
                                                                                                   \
		(items) = arena_grow((arena), (items), (count), sizeof(*(items)));                 \
		(items)[(count)++] = pushed_item;                                                  \
	} while (0)

/*
 * Does the same, and gives the array back from which a larger one was made.  So nothing else may
 * point into the array.
 */
#define arena_push_alone(arena, items, count, item)                                                \
	do {                                                                                       \
		void *pushed_before = (items);                                                     \
		const size_t pushed_size = (count) * sizeof(*(items));                             \
                                                                                                   \
		arena_push(arena, items, count, item);                                             \
		if (pushed_before != (items))                                                      \
			arena_return((arena), pushed_before, pushed_size);                         \
	} while (0)

#endif
