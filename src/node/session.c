/* Opens the watch, takes and releases the lock, and tells whether others changed the table. */
#include "node/session.h"

#include "base/guarded_call.h"
#include "kernel/read_table.h"
#include "kernel/socket.h"
#include "node/kept_ruleset.h"
#include "node/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mark nowhere;

/*
 * Leaves the mark, but without its lock: whoever finds it so knows that nobody is at work any more.
 */
static void drop_mark(struct session *session)
{
	if (session->mark < 0)
		return;
	undo_never(&session->undo_mark);
	close(session->mark);
	session->mark = -1;
}

static void unlock(void *session)
{
	session_unlock(session);
}

struct session *session_open(const char *table, struct diags *diags)
{
	struct session *session = call_checked(calloc(1, sizeof(*session)));

	session->lock = session->mark = -1;
	undo_later(&session->undo, undo_memory, session);
	session->scratch = arena_new();
	session->watch = kernel_watch_open(table);
	if (!session->watch) {
		kernel_complain(diags, "no netlink socket", errno);
		session_close(session);
		return NULL;
	}
	return session;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	undo_never(&session->undo);
	session_unlock(session);
	drop_mark(session);
	kernel_watch_close(session->watch);
	arena_free(session->scratch);
	free(session);
}

int session_lock(struct session *session, const struct lock_wait *wait, struct diags *diags)
{
	session->lock = lock_take(session->scratch, wait, diags);
	if (session->lock < 0)
		return -1;
	undo_later(&session->undo_lock, unlock, session);
	return 0;
}

void session_unlock(struct session *session)
{
	if (session->lock < 0)
		return;
	undo_never(&session->undo_lock);
	lock_release(session->lock);
	session->lock = -1;
}

void session_begin(struct session *session)
{
	const char *table = kernel_watch_table(session->watch);

	if (session->mark >= 0)
		return;
	session->had_mark = kept_mark(session->scratch, table) == KEPT_CUT_SHORT;
	session->mark = kept_begin(session->scratch, table);
	if (session->mark >= 0)
		undo_later(&session->undo_mark, undo_fd, &session->mark);
}

void session_finish(struct session *session)
{
	kept_end(session->scratch, kernel_watch_table(session->watch));
	drop_mark(session);
}

uint64_t session_table_handle(const struct session *session)
{
	struct kernel_table_head head;

	return kernel_table_head(session->watch, &head) || !head.exists ? 0 : head.handle;
}

int session_fd(const struct session *session)
{
	return kernel_watch_fd(session->watch);
}

int session_is_disturbed(struct session *session, struct diags *diags)
{
	if (!kernel_watch_take(session->watch, &session->events))
		return session->events.table;
	diag_error(diags, nowhere, "events of nf_tables cannot be read: %s", strerror(errno));
	return -1;
}
