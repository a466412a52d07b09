/*
 * What an apply leaves beside the table in /run/np2nft, for whoever comes next.
 *
 * In:  the ruleset that was brought about, and where the kernel's nf_tables stood then.
 * Out: whether the table still is what was left, without a look at it; whether a table that was read is that; and
 *      whether an apply did not come to its end.
 *
 * The ruleset itself is kept, as text, behind a line that says of which table it is (by the number that the kernel
 * gave it, in the network namespace of that cookie) and by which generation of nf_tables it was complete.  A
 * generation that is the same proves that nobody committed anything since.
 */
#ifndef NP2NFT_NODE_KEPT_H
#define NP2NFT_NODE_KEPT_H

#include "base/diag.h"
#include "ruleset/ruleset.h"

#include <stdbool.h>

struct arena;

/* Of which table, and when. */
struct kept_at {
	uint64_t handle;     /* of the table */
	uint32_t generation; /* of nf_tables */
};

/* Is the table there what an apply of this version left, and is that this ruleset? */
bool kept_is(struct arena *arena, const struct ruleset *ruleset, struct kept_at at);

/* Keeps the ruleset; that there is no room for it is a note: then the next apply reads the table. */
void kept_write(struct arena *arena, const struct ruleset *ruleset, struct kept_at at,
		struct diags *diags);

/*
 * Is the ruleset, which was read from the table with this handle, the one that was kept?  If so, *policies is how many
 * policies isolate pods in it.
 */
bool kept_policies(struct arena *arena, const struct ruleset *ruleset, uint64_t handle,
		   size_t *policies);

/* Forgets it. */
void kept_remove(struct arena *arena, const char *table);

/*
 * An apply begins to change the table: makes a mark, which is locked for as long as the file descriptor that is
 * returned is open.  -1 if it cannot be made, which is no harm.
 */
int kept_begin(struct arena *arena, const char *table);

/* It has come to its end: the mark goes. */
void kept_end(struct arena *arena, const char *table);

enum kept_mark {
	KEPT_WHOLE,     /* the last apply came to its end */
	KEPT_UNDER_WAY, /* one is at work */
	KEPT_CUT_SHORT, /* one was at work, and is no more */
};

enum kept_mark kept_mark(struct arena *arena, const char *table);

#endif
