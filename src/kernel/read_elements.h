/*
 * The elements of a set, read over netlink.
 */
#ifndef NP2NFT_KERNEL_READ_ELEMENTS_H
#define NP2NFT_KERNEL_READ_ELEMENTS_H

#include "ruleset/ruleset.h"

struct arena;
struct kernel_socket;
struct table;

/* Where elements are read from, and where they are stored. */
struct element_reader {
	struct arena *arena;   /* for the elements */
	struct arena *scratch; /* it is emptied after each set */
	struct kernel_socket *socket;
	const char *table; /* its family is inet */
	/* the names of chains to which verdicts lead, each of which is stored once */
	struct table *chain_names;
};

/*
 * Reads the elements into @set, whose type and flags (enum nft_set_flags) are known, and sorts them
 * as in ruleset/ruleset.h.  If an element has something that np2nft never makes, the set is marked
 * as foreign.  Returns 0, or -1 with errno; EINTR means that no dump told each element exactly
 * once.  The caller must find out whether somebody changed the set meanwhile (kernel/commit_watch.h).
 */
int kernel_elements(const struct element_reader *reader, uint32_t flags, struct set *set);

#endif
