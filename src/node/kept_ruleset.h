/*
 * What an apply leaves in /run/np2nft, beside the table, for the next one.
 *
 * In:  the ruleset that was applied, and the generation of the kernel's nf_tables at that time.
 * Out: whether the table is still as it was left, without reading it; whether a table that was read
 * is the one that was left; and whether an apply was cut short.
 *
 * The ruleset itself is kept, as text.  Its first line says to which table it belongs (by the
 * number that the kernel gave the table, and the cookie of the network namespace), and by which
 * generation of nf_tables it was complete.  If the generation is still the same, nobody has
 * committed anything since.
 */
#ifndef NP2NFT_NODE_KEPT_RULESET_H
#define NP2NFT_NODE_KEPT_RULESET_H

#include "base/diag.h"
#include "ruleset/ruleset.h"

#include <stdbool.h>

struct arena;

/* Which table is meant, and as of when. */
struct kept_at {
	uint64_t handle;     /* the kernel's number of the table */
	uint32_t generation; /* of nf_tables */
};

/* Did an apply of this version leave the table like this, and is it this ruleset? */
bool kept_is(struct arena *arena, const struct ruleset *ruleset, struct kept_at at);

/*
 * Keeps the ruleset.  If there is no room for it, that is a note, and the next apply reads the
 * table.
 */
void kept_write(struct arena *arena, const struct ruleset *ruleset, struct kept_at at,
		struct diags *diags);

enum kept_sameness {
	KEPT_NONE,  /* nothing is kept about the table with this handle, or by another version */
	KEPT_SAME,  /* the table is what the last apply left that could keep it */
	KEPT_OTHER, /* something has changed the table since */
};

/*
 * Compares the ruleset, which was read from the table with this handle, with the one that was kept.
 * If it is the same, *policies gets the number of policies that isolate pods in it.
 */
enum kept_sameness kept_compare(struct arena *arena, const struct ruleset *ruleset, uint64_t handle,
				size_t *policies);

/* Removes what is kept about a table. */
void kept_remove(struct arena *arena, const char *table);

/*
 * Marks that an apply begins to change the table.  The mark is locked for as long as the file
 * descriptor that is returned is open.  Returns -1 if it cannot be made, which does no harm.
 */
int kept_begin(struct arena *arena, const char *table);

/* Removes the mark, since the apply has come to its end. */
void kept_end(struct arena *arena, const char *table);

enum kept_mark {
	KEPT_WHOLE,     /* the last apply came to its end */
	KEPT_UNDER_WAY, /* an apply is at work */
	KEPT_CUT_SHORT, /* an apply was at work, and is gone */
};

enum kept_mark kept_mark(struct arena *arena, const char *table);

#endif
