/* Sets of small numbers, in which each number has one bit. */
#ifndef NP2NFT_BASE_BITS_H
#define NP2NFT_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct bits {
	uint64_t *words;
	size_t size; /* the numbers that it can hold are 0 to size - 1 */
};

struct bits bits_new(struct arena *arena, size_t size);

static inline void bits_set(struct bits *bits, size_t i)
{
	bits->words[i / 64] |= UINT64_C(1) << i % 64;
}

static inline bool bits_has(const struct bits *bits, size_t i)
{
	return bits->words[i / 64] >> i % 64 & 1;
}

/* The smallest member that is at least @i, or bits->size if there is none. */
size_t bits_next(const struct bits *bits, size_t i);

/* Moves all members out of the set into @numbers, ascending, and returns how many there are. */
size_t bits_take(struct bits *bits, uint32_t *numbers);

#endif
