/*
 * One table of the kernel while somebody changes it: a command opens a session once, an agent keeps
 * it open.
 *
 * In:  a table's name (family inet).  Out: the sockets and the lock that node/apply.h and
 * node/send.h need; and the answer whether somebody else changed the table.
 *
 * An agent uses it like this:
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
#include "base/guarded_call.h"
#include "base/diag.h"
#include "kernel/commit_watch.h"
#include "ruleset/ruleset.h"

struct lock_wait;

/* What the kernel refused, if it was a chain or a set of ours. */
struct session_refused {
	bool is_told;
	/*
	 * The refused chain, or the chain of the refused rule, or the one to which the refused
	 * element leads; otherwise "".
	 */
	char chain[NAME_MAX_LEN + 1];
	/* the refused set, or the set of the refused element; otherwise "" */
	char set[NAME_MAX_LEN + 1];
};

struct session {
	struct arena *scratch; /* it is emptied when a function of node/apply.h begins */
	struct kernel_watch *watch;
	struct kernel_events events; /* what others did since the table was last known */
	uint32_t generation;         /* @events are complete up to this generation */
	int lock;                    /* -1: not held */
	int mark; /* the mark that an apply has begun (node/kept_ruleset.h); -1: there is none */
	/* when the mark was made, that of another apply which had not ended was there */
	bool had_mark;
	struct session_refused refused; /* by the last function of node/apply.h */
	/*
	 * set by a caller that has more to do for the same end, so that apply_ruleset() leaves the
	 * mark
	 */
	bool more_follows;
	struct undo undo, undo_lock, undo_mark;
};

/* Opens a session; returns NULL after a diagnostic.  @table must live as long as the session. */
struct session *session_open(const char *table, struct diags *diags);
void session_close(struct session *session);

/* Takes the lock of node/lock.h; returns 0, or -1 after a diagnostic. */
int session_lock(struct session *session, const struct lock_wait *wait, struct diags *diags);
void session_unlock(struct session *session);

/*
 * The first marks that an apply has begun; the second removes the mark, when everything was done or
 * nothing was changed.
 */
void session_begin(struct session *session);
void session_finish(struct session *session);

/* The kernel's number for the table; 0: there is none, or the kernel does not tell. */
uint64_t session_table_handle(const struct session *session);

/*
 * A file descriptor that is readable when somebody else committed anything to nf_tables; use it
 * only with poll(2).
 */
int session_fd(const struct session *session);

/*
 * Reads the events so far, without waiting.  Returns 1 if somebody else changed the table, or may
 * have, since a function of node/apply.h last returned 0; 0 if nobody did; -1 after a diagnostic.
 */
int session_is_disturbed(struct session *session, struct diags *diags);

#endif
