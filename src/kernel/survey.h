/*
 * What of nf_tables an apply must know before it starts, and that is not in its table.
 *
 * In:  a table's name (family inet).
 * Out: by which layout it was written, and the chains of others that drop what they do not accept, or take packets
 *      out of connection tracking.
 */
#ifndef NP2NFT_KERNEL_SURVEY_H
#define NP2NFT_KERNEL_SURVEY_H

#include "base/addr.h"

struct arena;

/* A base chain in a table that is not ours. */
struct other_chain {
	const char *family, *table, *name; /* as nft writes them; the names are others' */
	bool sees[FAMILIES];               /* which packets */
};

struct kernel_survey {
	uint32_t layout; /* of the table (ruleset/layout.h); 0: there is none, or it does not say */
	struct other_chain *dropping; /* on the forward hook, policy drop */
	size_t dropping_count;
	struct other_chain *untracking; /* before tracking, with a rule that says notrack */
	size_t untracking_count;
};

/*
 * Asks the kernel; strings live in the arena.  Returns 0; or -1 with errno: EPERM without CAP_NET_ADMIN
 * in the network namespace, ENOENT if the kernel has no nf_tables.
 */
int kernel_survey(struct arena *arena, const char *table, struct kernel_survey *into);

#endif
