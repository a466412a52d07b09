/*
 * Memory comes in chunks that form a list; the newest chunk hands out its bytes one after the
 * other.  A large piece has a chunk of its own behind that one, so that it can be given back.
 * Under the address sanitizer each piece is an allocation of its own, so that a step beyond
 * its end is seen.
 */
#include "base/arena.h"

#include "base/guarded_call.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ONE_MALLOC_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_MALLOC_EACH 1
#endif
#endif
#ifndef ONE_MALLOC_EACH
#define ONE_MALLOC_EACH 0
#endif

/*
 * Chunks grow with the arena, so that a large arena has few of them and a small one wastes little.
 */
#define CHUNK_MIN ((size_t)16 << 10)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGN(n)  (((n) + 7) & ~(size_t)7)

/* From this size on, a piece has a chunk of its own. */
#define LARGE ((size_t)64 << 10)

struct chunk {
	struct chunk *next, *previous;
	size_t used, size;
	unsigned char bytes[];
};

struct arena {
	struct chunk *newest;
	size_t next_size;
	struct undo undo;
};

static _Noreturn void out_of_memory(void)
{
	call_fail(FAILURE_MEMORY, NULL);
}

static void give_back(void *arena)
{
	arena_free(arena);
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		out_of_memory();
	arena->next_size = CHUNK_MIN;
	undo_later(&arena->undo, give_back, arena);
	return arena;
}

static void free_chunks(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	undo_never(&arena->undo);
	free_chunks(arena->newest);
	free(arena);
}

void arena_reset(struct arena *arena)
{
	struct chunk *keep = arena->newest;

	if (!keep)
		return;
	if (ONE_MALLOC_EACH) {
		free_chunks(keep);
		arena->newest = NULL;
		return;
	}
	free_chunks(keep->next);
	keep->next = keep->previous = NULL;
	memset(keep->bytes, 0, keep->used);
	keep->used = 0;
}

/* Puts a chunk behind the newest, or in front if there is none yet. */
static void put_behind(struct arena *arena, struct chunk *chunk)
{
	struct chunk *newest = arena->newest;

	chunk->previous = newest;
	chunk->next = newest ? newest->next : NULL;
	if (chunk->next)
		chunk->next->previous = chunk;
	if (newest)
		newest->next = chunk;
	else
		arena->newest = chunk;
}

static void put_in_front(struct arena *arena, struct chunk *chunk)
{
	chunk->next = arena->newest;
	if (chunk->next)
		chunk->next->previous = chunk;
	arena->newest = chunk;
}

/* This is not inlined, because arena_alloc() is called often and needs this seldom. */
__attribute__((noinline)) static struct chunk *add_chunk(struct arena *arena, size_t need)
{
	size_t size = need;
	struct chunk *chunk;

	if (!ONE_MALLOC_EACH && size < LARGE && size < arena->next_size) {
		size = arena->next_size;
		if (arena->next_size < CHUNK_MAX)
			arena->next_size *= 2;
	}
	if (size > SIZE_MAX - sizeof(*chunk))
		out_of_memory();
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk)
		out_of_memory();
	chunk->size = size;
	(size == need ? put_behind : put_in_front)(arena, chunk);
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->newest;
	void *memory;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	/*
	 * Under the address sanitizer an object has exactly the size that was asked for, so that an
	 * overrun is seen.
	 */
	if (!ONE_MALLOC_EACH)
		size = ALIGN(size);
	if (!chunk || chunk->size - chunk->used < size || size >= LARGE)
		chunk = add_chunk(arena, size);
	memory = chunk->bytes + chunk->used;
	chunk->used += size;
	return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (len)
		memcpy(copy, text, len);
	return copy;
}

/* Most texts are shorter than this, and so are formatted only once. */
#define USUAL 256

char *arena_vprintf(struct arena *arena, const char *format, va_list list)
{
	char usual[USUAL], *text;
	va_list again;
	int len;

	va_copy(again, list);
	len = vsnprintf(usual, sizeof(usual), format, list);
	if (len < 0)
		out_of_memory();
	text = arena_alloc(arena, (size_t)len + 1);
	if ((size_t)len < sizeof(usual))
		memcpy(text, usual, (size_t)len);
	else
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list list;
	char *text;

	va_start(list, format);
	text = arena_vprintf(arena, format, list);
	va_end(list);
	return text;
}

char *arena_join(struct arena *arena, const char *first, ...)
{
	size_t len = 0;
	char *joined, *end;
	va_list list;

	va_start(list, first);
	for (const char *text = first; text; text = va_arg(list, const char *))
		len += strlen(text);
	va_end(list);
	end = joined = arena_alloc(arena, len + 1);
	va_start(list, first);
	for (const char *text = first; text; text = va_arg(list, const char *))
		end = stpcpy(end, text);
	va_end(list);
	return joined;
}

/* Makes room behind the string for @len bytes more and a NUL. */
static char *make_room(struct arena *arena, struct string *string, size_t len)
{
	if (len >= string->size - string->len) {
		char *larger;

		string->size = 2 * string->size + len + 32;
		larger = arena_alloc(arena, string->size);
		if (string->len)
			memcpy(larger, string->text, string->len);
		string->text = larger;
	}
	return string->text + string->len;
}

void arena_append(struct arena *arena, struct string *string, const char *format, ...)
{
	char usual[USUAL], *end;
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(usual, sizeof(usual), format, list);
	va_end(list);
	if (len < 0)
		out_of_memory();
	end = make_room(arena, string, (size_t)len);
	if ((size_t)len < sizeof(usual)) {
		memcpy(end, usual, (size_t)len + 1);
	} else {
		va_start(list, format);
		vsnprintf(end, (size_t)len + 1, format, list);
		va_end(list);
	}
	string->len += (size_t)len;
}

void arena_add(struct arena *arena, struct string *string, const char *text)
{
	size_t len = strlen(text);

	memcpy(make_room(arena, string, len), text, len + 1);
	string->len += len;
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t size)
{
	void *larger;

	if (count & (count - 1) || (count && count < 4))
		return items;
	larger = arena_array(arena, count ? count * 2 : 4, size);
	if (count)
		memcpy(larger, items, count * size);
	return larger;
}

void arena_return(struct arena *arena, void *items, size_t size)
{
	struct chunk *chunk;

	if (!items || (!ONE_MALLOC_EACH && ALIGN(size) < LARGE))
		return;
	chunk = (struct chunk *)(void *)((unsigned char *)items - offsetof(struct chunk, bytes));
	if (chunk->next)
		chunk->next->previous = chunk->previous;
	if (chunk->previous)
		chunk->previous->next = chunk->next;
	else
		arena->newest = chunk->next;
	free(chunk);
}
