/*
 * One table of the kernel, for as long as somebody brings it about: opened once by a command, and kept open by an
 * agent.
 *
 * In:  a table's name (family inet).
 * Out: the sockets and the lock that node/apply.h and node/send.h work with; and the word that somebody else changed
 *      the table.
 *
 * An agent lives with it like this:
 *
 *     session_open();
 *     apply_ruleset(session, wanted, NULL, ...);         reads the table, and changes what differs
 *     for (;;) {
 *             poll(session_fd(session), ...);
 *             if (session_is_disturbed(session) > 0)
 *                     apply_ruleset(session, wanted, NULL, ...);
 *             else if (there is something else to want)
 *                     apply_ruleset(session, next, &changes, ...);  no look at the kernel
 *     }
 */
#ifndef NP2NFT_NODE_SESSION_H
#define NP2NFT_NODE_SESSION_H

#include "base/arena.h"
#include "base/call.h"
#include "base/diag.h"
#include "kernel/watch.h"
#include "ruleset/ruleset.h"

struct lock_wait;

/* What the kernel refused, where that is told of a chain or a set of ours. */
struct session_refused {
	bool is_told;
	/* It, or one of its rules, or the one to which a refused element leads; otherwise "". */
	char chain[NAME_MAX_LEN + 1];
	char set[NAME_MAX_LEN + 1]; /* it, or one of its elements; otherwise "" */
};

struct session {
	struct arena *scratch; /* emptied when a function of node/apply.h begins */
	struct kernel_watch *watch;
	struct kernel_events
		events; /* what others did since the table was last known to be as it was read or left */
	uint32_t generation; /* up to which @events are complete */
	int lock;            /* -1: not held */
	int mark; /* that an apply has begun (node/kept.h); -1: none, or none that could be made */
	bool had_mark; /* another apply had begun and not ended, when the mark was made */
	struct session_refused refused; /* by the last function of node/apply.h */
	bool more_follows; /* set by whoever does more for the same end: apply_ruleset() leaves the mark */
	struct undo undo, undo_lock, undo_mark;
};

/* NULL after a diagnostic.  @table must live as long. */
struct session *session_open(const char *table, struct diags *diags);
void session_close(struct session *session);

/* Takes the lock of node/lock.h; returns 0, or -1 after a diagnostic. */
int session_lock(struct session *session, const struct lock_wait *wait, struct diags *diags);
void session_unlock(struct session *session);

/* Marks that an apply has begun, and that it has come to its end: all of it, or nothing was changed. */
void session_begin(struct session *session);
void session_finish(struct session *session);

/* Is readable when somebody else committed anything to nf_tables; for poll(2) only. */
int session_fd(const struct session *session);

/*
 * Takes what has been told since, without waiting: 1: somebody else changed the table, or may have, since a function
 * of node/apply.h last returned 0; 0: nobody did; -1 after a diagnostic.
 */
int session_is_disturbed(struct session *session, struct diags *diags);

#endif
