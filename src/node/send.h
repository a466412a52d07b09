/*
 * Sends changes into the kernel, as one transaction for each phase, or several.
 *
 * In:  changes (change/transition.h) that lead from the table as it is to the table as it should
 * be.  Out: the table is changed; or the thing that the kernel refused is named; or the answer that
 * somebody else changed the table first.
 *
 * The hard idea: only the first transaction names the generation on which it depends.  If somebody
 * else commits to another table first, the kernel refuses that transaction, and it is sent again
 * with the new generation; if somebody commits to this table, the table must be read again.  Once
 * the first has been committed, the others follow, whatever others do.
 */
#ifndef NP2NFT_NODE_SEND_H
#define NP2NFT_NODE_SEND_H

#include "base/diag.h"
#include "change/plan.h"

struct ruleset;
struct session;

/*
 * Sends the changes.  The lock must be held, and the table must be known as of session->generation.
 * @ruleset is the new one, for the words about refusals; it may be NULL.  Returns 0 if all is done
 * and nobody else touched the table; 1 if somebody did, or if it is unknown whether everything was
 * committed, so that the table must be read again; -1 after a diagnostic.
 */
int send_changes(struct session *session, const struct ruleset *ruleset,
		 const struct changes *changes, struct diags *diags);

#endif
