/*
 * Binary search in any array that is sorted.
 *
 * In:  a count, and a condition on an index that is false up to some index and true from there on.
 * Out: that index, or the count if the condition is true nowhere.
 *
 *     size_t first = FIRST_WHERE(i, count, items[i] >= number);
 */
#ifndef NP2NFT_BASE_SEARCH_H
#define NP2NFT_BASE_SEARCH_H

#include <stddef.h>

/* clang-format off */
#define FIRST_WHERE(i, count, condition) __extension__({                                           \
	size_t low_ = 0, high_ = (count);                                                          \
                                                                                                   \
	while (low_ < high_) {                                                                     \
		const size_t i = low_ + (high_ - low_) / 2;                                        \
                                                                                                   \
		if (condition)                                                                     \
			high_ = i;                                                                 \
		else                                                                               \
			low_ = i + 1;                                                              \
	}                                                                                          \
	low_;                                                                                      \
})
/* clang-format on */

#endif
