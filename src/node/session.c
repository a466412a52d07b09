/* Opening, locking and listening. */
#include "node/session.h"

#include "node/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mark nowhere;

struct session *session_open(const char *table, struct diags *diags)
{
	struct kernel_watch *watch = kernel_watch_open(table);
	struct session *session = calloc(1, sizeof(*session));

	if (!watch || !session) {
		diag_error(diags, nowhere, "no netlink socket: %s", strerror(errno));
		kernel_watch_close(watch);
		free(session);
		return NULL;
	}
	session->scratch = arena_new();
	session->watch = watch;
	session->lock = -1;
	return session;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	session_unlock(session);
	kernel_watch_close(session->watch);
	arena_free(session->scratch);
	free(session);
}

int session_lock(struct session *session, const struct lock_wait *wait, struct diags *diags)
{
	session->lock = lock_take(session->scratch, wait, diags);
	return session->lock < 0 ? -1 : 0;
}

void session_unlock(struct session *session)
{
	if (session->lock >= 0)
		close(session->lock);
	session->lock = -1;
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
