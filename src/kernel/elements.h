/*
 * The elements of a set, read over netlink.
 */
#ifndef NP2NFT_KERNEL_ELEMENTS_H
#define NP2NFT_KERNEL_ELEMENTS_H

#include "ruleset/ruleset.h"

struct arena;
struct kernel_socket;
struct table;

/* Where they are read from, and what is to live how long. */
struct element_reader {
	struct arena *arena;   /* the elements */
	struct arena *scratch; /* emptied after each set */
	struct kernel_socket *socket;
	const char *table;         /* family inet */
	struct table *chain_names; /* to which verdicts lead; each is kept once */
};

/*
 * Reads them into @set, whose type and flags (enum nft_set_flags) are known, in the order of ruleset/ruleset.h.  What
 * no element of ours has makes the set foreign.  Returns 0, or -1 with errno: EINTR if no dump told each element
 * once.  Whether somebody changed the set meanwhile is for the caller to find out (kernel/watch.h).
 */
int kernel_elements(const struct element_reader *reader, uint32_t flags, struct set *set);

#endif
