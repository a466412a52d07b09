/* Sorts lists of numbers.  Most lists come sorted or are short; only the others go to qsort(). */
#include "base/numbers.h"

#include <stdlib.h>

int number_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Up to so many numbers are sorted faster by insertion than by qsort(). */
#define FEW 32

static void insert_each(uint32_t *numbers, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t number = numbers[i];
		size_t at = i;

		for (; at > 0 && numbers[at - 1] > number; at--)
			numbers[at] = numbers[at - 1];
		numbers[at] = number;
	}
}

size_t numbers_sort(uint32_t *numbers, size_t count)
{
	size_t sorted = 1, kept = 1;

	/* Most lists come sorted. */
	while (sorted < count && numbers[sorted - 1] < numbers[sorted])
		sorted++;
	if (sorted >= count)
		return count;
	if (count <= FEW)
		insert_each(numbers, count);
	else
		qsort(numbers, count, sizeof(*numbers), number_compare);
	for (size_t i = 1; i < count; i++)
		if (numbers[i] != numbers[kept - 1])
			numbers[kept++] = numbers[i];
	return kept;
}
