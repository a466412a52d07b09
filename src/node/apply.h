/*
 * Brings a ruleset into the kernel: reads what is in force, compares, and sends the difference in
 * the steps of change/transition.h.
 *
 * Between any two steps each packet gets a verdict of the old ruleset or of the new one, even if
 * this process ends there.  The next call does what is then left to do.  Two of these calls in one
 * network namespace wait for each other (node/lock.h).  If somebody else changes the table
 * meanwhile, that is put right before the call returns; changes of other tables hold nobody up.
 *
 * All functions here take the lock as @wait says (NULL: with the usual limit, and in silence), and
 * release it.
 */
#ifndef NP2NFT_NODE_APPLY_H
#define NP2NFT_NODE_APPLY_H

#include "base/diag.h"
#include "change/transition.h"
#include "ruleset/ruleset.h"

struct lock_wait;
struct session;

/*
 * Makes the session's table equal to @wanted.  If @changes is not NULL, it leads there from the
 * ruleset that an earlier call on this session brought about; if nobody else touched the table
 * since, these changes are sent without reading the table.
 *
 * Returns 0 with the number of changes in *count (0: the table was right already); or -1 after a
 * diagnostic, when the old ruleset is in force, or a step between the two, or (if the last step
 * failed) the new one.
 */
int apply_ruleset(struct session *session, const struct ruleset *wanted,
		  const struct changes *changes, const struct lock_wait *wait, size_t *count,
		  struct diags *diags);

enum look_way {
	LOOK_STEPS, /* the steps that apply_ruleset() would send */
	LOOK_PLAIN, /* each change once, by transition_plain() */
};

/*
 * Finds out what apply_ruleset() would do; *changes live until the next call on this session.
 * Returns 0, or -1 after a diagnostic.
 */
int apply_look(struct session *session, const struct ruleset *wanted, enum look_way way,
	       const struct lock_wait *wait, struct changes *changes, struct diags *diags);

/*
 * Removes the table, and nothing else.  It is no error if there is none.  Returns 0 with *existed,
 * which says whether there was one (it may be NULL), or -1 after a diagnostic.
 */
int apply_delete(struct session *session, const struct lock_wait *wait, bool *existed,
		 struct diags *diags);

#endif
