/*
 * Lists of small numbers.
 */
#ifndef NP2NFT_BASE_NUMBERS_H
#define NP2NFT_BASE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Compares two numbers (uint32_t), or two structs that begin with one, for qsort() and bsearch().
 */
int number_compare(const void *a, const void *b);

/* Sorts @numbers, removes repetitions, and returns how many are left. */
size_t numbers_sort(uint32_t *numbers, size_t count);

#endif
