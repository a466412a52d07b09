/*
 * The ruleset into the kernel: read what is in force, compare, send the difference in the steps of
 * change/transition.h.
 *
 * Between any two of them each packet gets a verdict of the old ruleset or of the new one; whatever ends
 * this process there.  What is then left to do or to sweep, the next call does.  Two of these in one
 * network namespace wait for each other.  What somebody else does to the table meanwhile is put right before
 * they return.
 */
#ifndef NP2NFT_NODE_APPLY_H
#define NP2NFT_NODE_APPLY_H

#include "base/diag.h"
#include "change/transition.h"
#include "ruleset/ruleset.h"

struct arena;
struct lock_wait;

enum apply_way {
	APPLY_SENDS,
	APPLY_SHOWS,    /* what it would send, and sends nothing */
	APPLY_COMPARES, /* the same as transition_plain() puts it */
};

/*
 * Brings the table to @ruleset.  Returns 0, with what is different in *changes (nothing, if nothing is);
 * or -1 after a diagnostic: then the old ruleset is in force, or (the sweep failed) the new one.
 *
 * Like the others here it holds the lock of node/lock.h meanwhile; @wait NULL: as long as is usual, in silence.
 */
int apply_ruleset(struct arena *arena, const struct ruleset *ruleset, enum apply_way way,
		  const struct lock_wait *wait, struct changes *changes, struct diags *diags);

/*
 * Sends changes that were found without a look at the kernel: the table must be as the caller believes it to
 * be, and what others did to nf_tables meanwhile is not looked at.  Returns 0, or -1 after a diagnostic.
 */
int apply_changes(struct arena *arena, const char *table, const struct changes *changes,
		  const struct lock_wait *wait, struct diags *diags);

/* Removes the table, and nothing else; fine if there is none. */
int apply_delete(struct arena *arena, const char *table, const struct lock_wait *wait,
		 struct diags *diags);

#endif
