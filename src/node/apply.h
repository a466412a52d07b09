/*
 * The ruleset into the kernel: read what is in force, compare, send the difference in the steps of
 * change/transition.h.
 *
 * Between any two of them each packet gets a verdict of the old ruleset or of the new one, whatever ends
 * this process there.  What is then left to do or to sweep, the next call does.  Two of these in one
 * network namespace wait for each other (node/lock.h).  What somebody else does to the table meanwhile is put
 * right before they return; what somebody else does to other tables holds nobody up.
 *
 * All functions here take the lock with @wait (NULL: as long as is usual, in silence) and let go of it.
 */
#ifndef NP2NFT_NODE_APPLY_H
#define NP2NFT_NODE_APPLY_H

#include "base/diag.h"
#include "change/transition.h"
#include "ruleset/ruleset.h"

struct lock_wait;
struct session;

/*
 * Brings the session's table to @wanted.  @changes: what leads there from the ruleset that an earlier call on this
 * session brought about; if nobody else touched the table since, they are sent, and the kernel is not asked what is
 * in force.  NULL: it is.
 *
 * Returns 0 with the number of changes in *count (0: the table was as it should be already); or -1 after a
 * diagnostic: then the old ruleset is in force, or a step between the two, or (the sweep failed) the new one.
 */
int apply_ruleset(struct session *session, const struct ruleset *wanted,
		  const struct changes *changes, const struct lock_wait *wait, size_t *count,
		  struct diags *diags);

enum look_way {
	LOOK_STEPS, /* the changes that apply_ruleset() would send */
	LOOK_PLAIN, /* the same as transition_plain() puts it */
};

/* What apply_ruleset() would do; *changes live until the next call on this session.  Returns 0, or -1 after a
 * diagnostic.
 */
int apply_look(struct session *session, const struct ruleset *wanted, enum look_way way,
	       const struct lock_wait *wait, struct changes *changes, struct diags *diags);

/* Removes the table, and nothing else; fine if there is none.  Returns 0, or -1 after a diagnostic. */
int apply_delete(struct session *session, const struct lock_wait *wait, struct diags *diags);

#endif
