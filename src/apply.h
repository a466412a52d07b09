/*
 * The ruleset into the kernel: read what is in force, compare, send the difference: what is new in
 * transactions that no packet notices, then one that switches to it, then one that sweeps.
 *
 * Before that one the old ruleset is in force, after it the new one; whatever ends this process in
 * between.  What is then left over, the next call sweeps.  Two of these in one network namespace wait for
 * each other.
 */
#ifndef NP2NFT_APPLY_H
#define NP2NFT_APPLY_H

#include "diag.h"
#include "diff.h"
#include "ruleset.h"

struct arena;

/*
 * Brings the table to @ruleset, or (@sends false) only compares.  Returns 0, with what is different in
 * *changes (nothing, if nothing is); or -1 after a diagnostic: then the kernel has what it had.
 */
int apply_ruleset(struct arena *arena, const struct ruleset *ruleset, bool sends,
		  struct changes *changes, struct diags *diags);

/* Removes the table, and nothing else; fine if there is none. */
int apply_delete(struct arena *arena, const char *table, struct diags *diags);

#endif
