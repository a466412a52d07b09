/* Reads, compares and sends until nothing differs. */
#include "node/apply.h"

#include "base/arena.h"
#include "kernel/read_table.h"
#include "kernel/socket.h"
#include "node/kept_ruleset.h"
#include "node/send.h"
#include "node/session.h"

#include <errno.h>

/* Somebody else may change the table so many times between reading and writing. */
#define TRIES 50

static const struct mark nowhere;

static int tell_restless(const struct session *session, struct diags *diags)
{
	diag_error(diags, nowhere, "somebody else changes table %s without pause",
		   kernel_watch_table(session->watch));
	return -1;
}

/* Reads the table, and frees what the round before left in memory. */
static int read_table(struct session *session, struct kernel_table *now, struct diags *diags)
{
	if (kernel_read(session->scratch, session->watch, now, diags))
		return -1;
	session->generation = now->generation;
	session->events = (struct kernel_events){false, false};
	return 0;
}

/* May @changes be sent without a look at the table? Returns 1 or 0, or -1 after a diagnostic. */
static int is_known(struct session *session, const struct changes *changes, struct diags *diags)
{
	int status;

	if (!changes)
		return 0;
	arena_reset(session->scratch);
	status = session_is_disturbed(session, diags);
	return status < 0 ? -1 : !status;
}

/*
 * One round of bring(): returns 0 if everything is as wanted, 1 if another round is needed, or -1
 * after a diagnostic.
 */
static int bring_once(struct session *session, const struct ruleset *wanted,
		      const struct changes *changes, size_t *count, struct diags *diags)
{
	struct kernel_table now;
	struct changes found;
	int status = is_known(session, changes, diags);

	if (status < 0)
		return -1;
	if (!status) {
		if (read_table(session, &now, diags))
			return -1;
		found = transition(session->scratch, now.exists ? &now.ruleset : NULL, wanted);
		changes = &found;
	}
	if (!changes->count)
		return 0;
	*count = changes->count;
	return send_changes(session, wanted, changes, diags);
}

/* Reads the head of the table; session->generation is then the one up to which it is known. */
static int read_head(struct session *session, struct kernel_table_head *head, struct diags *diags)
{
	session->events = (struct kernel_events){false, false};
	if (!kernel_watch_sync(session->watch, &session->events, &session->generation) &&
	    !kernel_table_head(session->watch, head)) {
		session->events = (struct kernel_events){false, false};
		return 0;
	}
	kernel_complain(diags, "the kernel's nf_tables cannot be read", errno);
	return -1;
}

/*
 * Did an earlier apply leave exactly this ruleset, and has nobody committed anything since? Returns
 * 1 or 0, or -1 after a diagnostic.
 */
static int is_left(struct session *session, const struct ruleset *wanted, struct diags *diags)
{
	struct kernel_table_head head;

	arena_reset(session->scratch);
	if (read_head(session, &head, diags))
		return -1;
	return head.exists &&
	       kept_is(session->scratch, wanted,
		       (struct kept_at){.handle = head.handle, .generation = session->generation});
}

/* Keeps the ruleset that is now in force, for is_left(). */
static void keep(struct session *session, const struct ruleset *wanted, struct diags *diags)
{
	struct kernel_table_head head;

	if (!kernel_table_head(session->watch, &head) && head.exists)
		kept_write(
			session->scratch, wanted,
			(struct kept_at){.handle = head.handle, .generation = session->generation},
			diags);
}

static int bring(struct session *session, const struct ruleset *wanted,
		 const struct changes *changes, size_t *count, struct diags *diags)
{
	for (int tries = 0; tries < TRIES; tries++) {
		const int status =
			bring_once(session, wanted, tries ? NULL : changes, count, diags);

		if (status <= 0)
			return status;
	}
	return tell_restless(session, diags);
}

int apply_ruleset(struct session *session, const struct ruleset *wanted,
		  const struct changes *changes, const struct lock_wait *wait, size_t *count,
		  struct diags *diags)
{
	const bool is_nothing = changes && !changes->count;
	int status = is_nothing ? is_known(session, changes, diags) : 0;

	session->refused = (struct session_refused){.is_told = false};
	*count = 0;
	/* Most events of a cluster change nothing here, and nobody need be kept out for them. */
	if (status > 0)
		return 0;
	if (!status)
		status = session_lock(session, wait, diags);
	if (!status && !changes)
		status = is_left(session, wanted, diags);
	if (!status) {
		status = bring(session, wanted, changes, count, diags);
		/*
		 * An agent knows what it changed, and changes the table too often for a file to be
		 * written each time.
		 */
		if (!status && !changes)
			keep(session, wanted, diags);
	}
	/*
	 * A single transaction has left no mark, but another apply may have, which was killed; now
	 * everything is as wanted.
	 */
	if (status >= 0 && !session->more_follows)
		session_finish(session);
	session_unlock(session);
	return status < 0 ? -1 : 0;
}

int apply_look(struct session *session, const struct ruleset *wanted, enum look_way way,
	       const struct lock_wait *wait, struct changes *changes, struct diags *diags)
{
	const struct ruleset *old;
	struct kernel_table now;
	int status = session_lock(session, wait, diags);

	*changes = (struct changes){0};
	if (!status)
		status = is_left(session, wanted, diags);
	if (!status)
		status = read_table(session, &now, diags) ? -1 : 0;
	session_unlock(session);
	if (status)
		return status < 0 ? -1 : 0;
	old = now.exists ? &now.ruleset : NULL;
	*changes =
		(way == LOOK_PLAIN ? transition_plain : transition)(session->scratch, old, wanted);
	return 0;
}

/*
 * One try of apply_delete(), which returns what send_changes() does.  It does not ask what the
 * table holds.  *existed becomes true if there is a table.
 */
static int delete_once(struct session *session, bool *existed, struct diags *diags)
{
	struct change change = {.kind = CHANGE_DELETE_TABLE};
	const struct changes changes = {&change, 1};
	struct kernel_table_head head;

	arena_reset(session->scratch);
	if (read_head(session, &head, diags))
		return -1;
	*existed |= head.exists;
	return head.exists ? send_changes(session, NULL, &changes, diags) : 0;
}

int apply_delete(struct session *session, const struct lock_wait *wait, bool *existed,
		 struct diags *diags)
{
	int status = session_lock(session, wait, diags) ? -1 : 1;
	bool found = false;

	for (int tries = 0; status > 0 && tries < TRIES; tries++)
		status = delete_once(session, &found, diags);
	if (existed)
		*existed = found;
	if (!status) {
		kept_remove(session->scratch, kernel_watch_table(session->watch));
		session_finish(session);
	}
	session_unlock(session);
	return status > 0 ? tell_restless(session, diags) : status;
}
