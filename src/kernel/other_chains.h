/*
 * Finds out what an apply must know of nf_tables before it starts, beside the table itself.
 *
 * In:  a table's name (family inet).  Out: the layout in which the table was written; the chains of
 * others that drop packets which they do not accept, or take packets out of connection tracking.
 */
#ifndef NP2NFT_KERNEL_OTHER_CHAINS_H
#define NP2NFT_KERNEL_OTHER_CHAINS_H

#include "base/addr.h"

struct arena;

/* A base chain in somebody else's table. */
struct other_chain {
	const char *family, *table, *name; /* as nft writes them; others chose the names */
	bool sees[FAMILIES];               /* which families of packets it sees */
};

struct kernel_survey {
	/*
	 * layout number of the table (ruleset/layout.h); 0: there is no table, or it has no number
	 */
	uint32_t layout;
	struct other_chain *dropping; /* chains on the forward hook with policy drop */
	size_t dropping_count;
	struct other_chain *untracking; /* chains before tracking, with a rule `notrack` */
	size_t untracking_count;
};

/*
 * Asks the kernel; strings live in the arena.  Returns 0, or -1 with errno: EPERM without
 * CAP_NET_ADMIN in the network namespace, ENOENT if the kernel has no nf_tables.
 */
int kernel_survey(struct arena *arena, const char *table, struct kernel_survey *into);

#endif
