/*
 * The pods and nodes that have an address, and the elements that the address has because peers mean
 * them.
 */
#ifndef NP2NFT_PIPELINE_OWNERS_H
#define NP2NFT_PIPELINE_OWNERS_H

#include "pipeline/members.h"

/* The owners of an address: at most one pod, and nodes. */
struct owners {
	uint32_t pod; /* TABLE_NONE: no pod */
	const struct number_list *nodes;
	const struct addr *addr;
	const uint32_t *selectors; /* the selectors that mean the pod, ascending */
	size_t selector_count;
	const char *comment; /* for its elements: the name of the pod, or of the node */
};

/* The owners of an address; @pod is the pod that has it, or TABLE_NONE. */
struct owners owners_of(struct census *census, uint32_t pod, const struct addr *addr);

/* Receives elements. */
struct taker {
	void (*take)(struct taker *taker, const struct member *member);
	struct member_set **firsts; /* sets of first matches that may have the address */
	size_t first_count, first_size;
};

/* Finds all elements of one address; an element may come more than once. */
void owners_take(struct taker *taker, const struct members *members, struct census *census,
		 const struct owners *owners);

#endif
