/* Transactions.  See node/apply.h. */
#include "node/apply.h"

#include "base/arena.h"
#include "change/beside.h"
#include "emit/batch.h"
#include "emit/text.h"
#include "kernel/read.h"
#include "kernel/socket.h"
#include "node/lock.h"
#include "node/process.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* So often somebody else may change nf_tables between our reading and our writing. */
#define TRIES 50

/* A transaction that may be split ends behind the change with which it becomes as long as this. */
#define SPLIT_BYTES ((size_t)1 << 20)

/* So many are put in before it is asked whether the transaction is long enough. */
#define ELEMENTS_AT_ONCE 4096

static const struct mark nowhere;

/* The kernel's side of a command: a socket and the lock of the network namespace. */
struct session {
	struct kernel_socket *socket;
	int lock;
	uint32_t generation;           /* if nobody but us changes nf_tables; 0: not known */
	const struct ruleset *ruleset; /* that is brought about; NULL: none */
};

static int open_session(struct arena *arena, struct session *session, const struct lock_wait *wait,
			struct diags *diags)
{
	session->lock = -1;
	session->socket = kernel_open();
	if (!session->socket) {
		diag_error(diags, nowhere, "no netlink socket: %s", strerror(errno));
		return -1;
	}
	session->lock = lock_take(arena, wait, diags);
	return session->lock < 0 ? -1 : 0;
}

static void close_session(struct session *session)
{
	kernel_close(session->socket);
	if (session->lock >= 0)
		close(session->lock);
}

/* Where the sending stands: before a change, or in one that adds elements. */
struct position {
	size_t change, element;
};

/* Some of the elements, so that a transaction may end between them. */
static struct position put_elements(struct nl_batch *batch, const struct set *set,
				    struct position at)
{
	const size_t left = set->count - at.element;
	const size_t count = left < ELEMENTS_AT_ONCE ? left : ELEMENTS_AT_ONCE;

	nl_elements(batch, set, at.element, count, false);
	return count == left ? (struct position){at.change + 1, 0}
			     : (struct position){at.change, at.element + count};
}

static struct position put_change(struct nl_batch *batch, const struct changes *changes,
				  struct position at)
{
	const struct change *change = &changes->items[at.change];

	switch (change->kind) {
	case CHANGE_DELETE_TABLE:
		nl_table(batch, true);
		break;
	case CHANGE_ADD_TABLE:
		nl_table(batch, false);
		break;
	case CHANGE_ADD_CHAIN:
		nl_chain(batch, change->chain, false);
		break;
	case CHANGE_ADD_SET:
		nl_set(batch, change->set, false);
		break;
	case CHANGE_FLUSH_CHAIN:
		nl_rules(batch, change->chain, true);
		break;
	case CHANGE_DELETE_ELEMENTS:
		nl_elements(batch, change->set, 0, change->set->count, true);
		break;
	case CHANGE_ADD_ELEMENTS:
		return put_elements(batch, change->set, at);
	case CHANGE_ADD_RULES:
		nl_rules(batch, change->chain, false);
		break;
	case CHANGE_DELETE_CHAIN:
		nl_chain(batch, change->chain, true);
		break;
	case CHANGE_DELETE_SET:
		nl_set(batch, change->set, true);
		break;
	case CHANGE_DELETE_EXTRA:
		nl_extra_deleted(batch, change->extra);
		break;
	}
	return (struct position){at.change + 1, 0};
}

static bool looks_up(const struct chain *chain, const char *set)
{
	for (size_t i = 0; i < chain->rule_count; i++)
		if (chain->rules[i].set && chain->rules[i].set->name &&
		    !strcmp(chain->rules[i].set->name, set))
			return true;
	return false;
}

/* The element that was refused: its pod, and the chain it leads to, which has its policies in its name. */
static const char *element_text(struct arena *arena, const struct set *set, size_t i)
{
	const char *pod = set->comments ? set->comments[i] : NULL;
	const char *chain = set->verdicts ? set->verdicts[i].chain : NULL;

	if (!pod)
		pod = arena_printf(arena, "element %zu", i + 1);
	return chain ? arena_printf(arena, " (%s, which leads to chain %s)", pod, chain)
		     : arena_printf(arena, " (%s)", pod);
}

/*
 * Whose a refused thing is: a chain has the names of its policies in its own, a set those of the first
 * chain that looks it up.
 */
static const char *whose(struct arena *arena, const struct ruleset *ruleset,
			 const struct nl_batch *batch, const struct kernel_refusal *refusal)
{
	const struct nl_subject *subject = &batch->subjects[refusal->subject];
	const char *which = "", *name = subject->name;
	size_t at;

	if (!ruleset || (subject->kind != NL_SET && subject->kind != NL_ELEMENTS))
		return "";
	if (subject->kind == NL_ELEMENTS) {
		at = subject->count == 1 ? subject->first
					 : nl_element_at(batch, subject, refusal->offset);
		which = at == SIZE_MAX ? "" : element_text(arena, subject->set, at);
	}
	/* A copy beside (change/beside.c) is for those who look up what it is of. */
	if (!strncmp(name, BESIDE, strlen(BESIDE)))
		name += strlen(BESIDE);
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (looks_up(&ruleset->chains[i], name))
			return arena_printf(arena, "%s, looked up in chain %s", which,
					    ruleset->chains[i].name);
	return which;
}

/* Whom the kernel lets change the table, if that is nobody but one. */
static const char *owner_text(struct arena *arena, const struct session *session, const char *table)
{
	const uint32_t port = kernel_owner(session->socket, table);

	if (!port)
		return "";
	/* The kernel gives a process's first socket the number of the process. */
	return arena_printf(arena,
			    "; the table is owned by %s, on netlink port %u, and goes with it",
			    process_text(arena, (long)port), port);
}

/* What the kernel refused, by name. */
static void tell_refusal(struct arena *arena, const struct session *session,
			 const struct nl_batch *batch, const struct kernel_refusal *refusal,
			 struct diags *diags)
{
	static const char *const kinds[] = {
		[NL_TABLE] = "table",
		[NL_CHAIN] = "chain",
		[NL_RULE] = "a rule of chain",
		[NL_SET] = "set",
		[NL_ELEMENTS] = "elements of set",
	};
	const struct nl_subject *subject;
	const char *reason =
		*refusal->reason
			? arena_printf(arena, "%s (%s)", strerror(refusal->error), refusal->reason)
			: strerror(refusal->error);

	if (refusal->subject == SIZE_MAX) {
		diag_error(diags, nowhere, "the kernel refused the transaction: %s", reason);
		return;
	}
	subject = &batch->subjects[refusal->subject];
	diag_error(diags, nowhere, "the kernel refused %s%s %s%s: %s%s",
		   subject->deletes ? "to delete " : "",
		   subject->extra ? subject->extra->kind : kinds[subject->kind], subject->name,
		   whose(arena, session->ruleset, batch, refusal), reason,
		   refusal->error == EPERM ? owner_text(arena, session, batch->table) : "");
}

/* Is it missing, there already, or in use?  Then somebody changed our table since it was read. */
static bool is_overtaken(int error)
{
	return error == ENOENT || error == EEXIST || error == EBUSY;
}

/* Did somebody else change nf_tables since they were read? */
static bool is_disturbed(const struct session *session)
{
	return session->generation && kernel_generation(session->socket) != session->generation;
}

/* 1: somebody changed nf_tables meanwhile, try again. */
static int commit(struct arena *arena, struct session *session, struct nl_batch *batch,
		  bool has_begun, struct diags *diags)
{
	struct kernel_refusal refusal;
	int failed, error;

	nl_end(batch);
	failed = kernel_commit(session->socket, batch, &refusal);
	error = errno;
	if (failed && (error == ERESTART ||
		       (has_begun && is_overtaken(refusal.error) && is_disturbed(session))))
		return 1;
	if (failed && refusal.error)
		tell_refusal(arena, session, batch, &refusal, diags);
	else if (failed)
		diag_error(diags, nowhere, "the transaction was not sent: %s", strerror(error));
	return failed;
}

/*
 * Until all packets that are under way in the chains are through: the kernel lets none of its readers hold
 * up for longer (membarrier(2): all processors pass a point where no packet is being handled).  Some 15 ms.
 * A kernel that cannot say so (nohz_full processors) gets a thousand times what a packet takes.
 */
static void wait_for_packets(void)
{
	static const struct timespec enough = {.tv_nsec = 20 * 1000 * 1000};

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&enough, NULL);
}

/*
 * A transaction for each phase; some may take several, so that none of them holds the kernel's lock for
 * long.  Only the first says which generation it goes by: what is begun is finished, whatever others do
 * to tables of their own meanwhile.  1: somebody did something, and it may have been to ours.
 */
static int send_changes(struct arena *arena, struct session *session, const char *table,
			const struct changes *changes, struct diags *diags)
{
	struct position at = {0};
	bool has_begun = false;

	while (at.change < changes->count) {
		enum phase phase = changes->items[at.change].phase;
		struct nl_batch batch;
		int status;

		if (at.change && !at.element && phase != changes->items[at.change - 1].phase &&
		    phase_is_met(changes->items[at.change - 1].phase))
			wait_for_packets();
		nl_begin(&batch, table, has_begun ? 0 : session->generation);
		do
			at = put_change(&batch, changes, at);
		while (at.change < changes->count && changes->items[at.change].phase == phase &&
		       (!phase_may_be_split(phase) || batch.len < SPLIT_BYTES));
		status = commit(arena, session, &batch, has_begun, diags);
		nl_free(&batch);
		if (status)
			return status;
		has_begun = true;
		/* Each commit adds one, and never makes it 0. */
		if (session->generation && ++session->generation == 0)
			session->generation = 1;
	}
	return is_disturbed(session);
}

static int tell_restless(struct diags *diags)
{
	diag_error(diags, nowhere, "somebody else changes nf_tables without pause");
	return -1;
}

/* Reads, compares and sends, until it is so; *changes are what the last sending sent. */
static int bring(struct arena *arena, struct session *session, const struct ruleset *ruleset,
		 enum apply_way way, struct changes *changes, struct diags *diags)
{
	for (int tries = 0; tries < TRIES; tries++) {
		struct kernel_table now;
		struct changes found;
		int status;

		if (kernel_read(arena, session->socket, ruleset->table, &now, diags))
			return -1;
		found = (way == APPLY_COMPARES ? transition_plain : transition)(
			arena, now.exists ? &now.ruleset : NULL, ruleset);
		if (found.count || !tries)
			*changes = found;
		if (!found.count || way != APPLY_SENDS)
			return 0;
		session->generation = now.generation;
		status = send_changes(arena, session, ruleset->table, &found, diags);
		if (status <= 0)
			return status;
	}
	return tell_restless(diags);
}

int apply_ruleset(struct arena *arena, const struct ruleset *ruleset, enum apply_way way,
		  const struct lock_wait *wait, struct changes *changes, struct diags *diags)
{
	struct session session = {.ruleset = ruleset};
	int status = open_session(arena, &session, wait, diags);

	if (!status)
		status = bring(arena, &session, ruleset, way, changes, diags);
	close_session(&session);
	return status;
}

static int remove_table(struct arena *arena, struct session *session, const char *table,
			struct diags *diags)
{
	struct change delete = {.kind = CHANGE_DELETE_TABLE};
	struct changes changes = {&delete, 1};

	for (int tries = 0; tries < TRIES; tries++) {
		struct kernel_table now;
		int status;

		if (kernel_read(arena, session->socket, table, &now, diags))
			return -1;
		if (!now.exists)
			return 0;
		session->generation = now.generation;
		status = send_changes(arena, session, table, &changes, diags);
		if (status <= 0)
			return status;
	}
	return tell_restless(diags);
}

int apply_delete(struct arena *arena, const char *table, const struct lock_wait *wait,
		 struct diags *diags)
{
	struct session session = {0};
	int status = open_session(arena, &session, wait, diags);

	if (!status)
		status = remove_table(arena, &session, table, diags);
	close_session(&session);
	return status;
}

int apply_changes(struct arena *arena, const char *table, const struct changes *changes,
		  const struct lock_wait *wait, struct diags *diags)
{
	struct session session = {0};
	int status = open_session(arena, &session, wait, diags);

	if (!status)
		status = send_changes(arena, &session, table, changes, diags);
	close_session(&session);
	return status;
}
