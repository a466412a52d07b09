/*
 * The pods that selectors mean.
 *
 * In:  selectors, identities, and the identity of each pod.  Out: the pods of each selector.
 */
#ifndef NP2NFT_RESOLVE_SELECTOR_PODS_H
#define NP2NFT_RESOLVE_SELECTOR_PODS_H

#include "resolve/selectors.h"

/* Lists of numbers, which follow each other in one array. */
struct number_lists {
	uint32_t *begin; /* index: list, and one more at the end; where it begins */
	uint32_t *numbers;
};

struct selected {
	struct number_lists identities; /* index: selector */
	struct number_lists pods;       /* index: identity */
};

/* Everything lives in @arena.  The answers are those for the selectors that there are now. */
struct selected selected_new(struct arena *arena, const struct identities *identities,
			     const uint32_t *identity_of, size_t pod_count,
			     struct selectors *selectors);

/* Writes the pods that the selector means to @pods, in no particular order; returns how many. */
size_t selected_pods(const struct selected *selected, uint32_t selector, uint32_t *pods);

/* Appends the pods of one identity to the @count that are in @pods; returns how many there are then. */
size_t selected_identity(const struct selected *selected, uint32_t identity, uint32_t *pods,
			 size_t count);

#endif
