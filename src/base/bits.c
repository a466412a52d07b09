/* The bits are kept in words of 64, and words that are zero are skipped as a whole. */
#include "base/bits.h"

#include "base/arena.h"

struct bits bits_new(struct arena *arena, size_t size)
{
	return (struct bits){arena_array(arena, size / 64 + 1, sizeof(uint64_t)), size};
}

size_t bits_next(const struct bits *bits, size_t i)
{
	if (i >= bits->size)
		return bits->size;
	for (size_t word = i / 64; word <= (bits->size - 1) / 64; word++) {
		uint64_t left = bits->words[word];

		if (word == i / 64)
			left &= ~UINT64_C(0) << i % 64;
		if (left)
			return word * 64 + (size_t)__builtin_ctzll(left);
	}
	return bits->size;
}

size_t bits_take(struct bits *bits, uint32_t *numbers)
{
	size_t count = 0;

	for (size_t i = 0; i <= bits->size / 64; i++) {
		for (uint64_t left = bits->words[i]; left; left &= left - 1)
			numbers[count++] = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(left);
		bits->words[i] = 0;
	}
	return count;
}
