/*
 * Changes into the kernel: a transaction for each phase, or several.
 *
 * In:  changes (change/transition.h) between the table as it is and as it should be.
 * Out: the table changed; or told by name what the kernel refused; or the word that somebody else was quicker.
 *
 * The hard idea: only the first transaction says which generation it goes by.  Somebody else's commit to another
 * table makes the kernel refuse it, and it is sent again, as it is, by the new generation; one to this table ends
 * it, and the table must be read again.  What is begun is finished, whatever others do meanwhile.
 */
#ifndef NP2NFT_NODE_SEND_H
#define NP2NFT_NODE_SEND_H

#include "base/diag.h"
#include "change/transition.h"

struct ruleset;
struct session;

/*
 * Sends them.  The lock must be held, and session->generation must be that up to which the table is known.
 * @ruleset: the one that is brought about, for the words of refusals; NULL: none.  Returns 0: done, and nobody else
 * touched the table; 1: somebody did, or it cannot be known whether all was committed: read the table again; -1
 * after a diagnostic.
 */
int send_changes(struct session *session, const struct ruleset *ruleset,
		 const struct changes *changes, struct diags *diags);

#endif
