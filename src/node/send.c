/* Fills transactions, sends them, and finds words for what the kernel refuses. */
#include "node/send.h"

#include "base/arena.h"
#include "emit/messages.h"
#include "kernel/read_table.h"
#include "kernel/socket.h"
#include "kernel/commit_watch.h"
#include "node/process_words.h"
#include "node/session.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * A transaction is sent again so many times if somebody else commits to another table just before
 * it.
 */
#define TRIES 1000

/* A transaction that may be split ends behind the change with which it reaches this length. */
#define SPLIT_BYTES ((size_t)1 << 20)

static const struct mark nowhere;

/*
 * Describes the element that was refused: its pod, and the chain to which it leads, whose name
 * contains its policies.
 */
static const char *element_text(struct arena *arena, const struct set *set, size_t i)
{
	const char *pod = set->comments ? set->comments[i] : NULL;
	const char *chain = set->verdicts ? set->verdicts[i].chain : NULL;

	if (!pod)
		pod = arena_printf(arena, "element %zu", i + 1);
	return chain ? arena_printf(arena, " (%s, which leads to chain %s)", pod, chain)
		     : arena_printf(arena, " (%s)", pod);
}

/* Finds the element of the subject that was refused; SIZE_MAX: the kernel does not say which. */
static size_t refused_element(const struct batch *batch, const struct kernel_refusal *refusal)
{
	const struct batch_subject *subject = &batch->subjects[refusal->subject];

	return subject->count == 1 ? subject->first
				   : batch_element_at(batch, subject, refusal->offset);
}

/* The state of sending changes: what is sent, and for whom. */
struct sending {
	struct session *session;
	const struct ruleset *ruleset; /* the new one; NULL: it is not known */
	const struct changes *changes;
	struct diags *diags;
};

/* For a copy beside (change/beside.h), the name of the original, which people can look up. */
static const char *name_of_original(const struct sending *sending, const char *name)
{
	for (size_t i = 0; i < sending->changes->count; i++) {
		const struct change *change = &sending->changes->items[i];

		if (change->chain && change->chain->original && !strcmp(change->chain->name, name))
			return change->chain->original;
		if (change->set && change->set->original && !strcmp(change->set->name, name))
			return change->set->original;
	}
	return name;
}

/*
 * Says for a refused set or element which element it is, and in which chain it is looked up; the
 * name of that chain names the policies.  For other things it returns "": the name of a chain says
 * enough.
 */
static const char *whose(const struct sending *sending, const struct batch *batch,
			 const struct kernel_refusal *refusal)
{
	const struct batch_subject *subject = &batch->subjects[refusal->subject];
	const struct ruleset *ruleset = sending->ruleset;
	struct arena *arena = sending->session->scratch;
	const char *which = "", *name = name_of_original(sending, subject->name);
	size_t at;

	if (!ruleset || (subject->kind != SUBJECT_SET && subject->kind != SUBJECT_ELEMENTS))
		return "";
	if (subject->kind == SUBJECT_ELEMENTS) {
		at = refused_element(batch, refusal);
		which = at == SIZE_MAX ? "" : element_text(arena, subject->set, at);
	}
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (chain_looks_up(&ruleset->chains[i], name))
			return arena_printf(arena, "%s, looked up in chain %s", which,
					    ruleset->chains[i].name);
	return which;
}

static void copy_name(const struct sending *sending, char *to, const char *name)
{
	strncpy(to, name_of_original(sending, name), NAME_MAX_LEN);
}

/*
 * Remembers what was refused, unless the reason was a missing right or missing memory, which no
 * ruleset can help.
 */
static void keep_refusal(const struct sending *sending, const struct batch *batch,
			 const struct kernel_refusal *refusal)
{
	const struct batch_subject *subject;
	struct session_refused *refused = &sending->session->refused;
	size_t at;

	if (refusal->subject == SIZE_MAX || refusal->error == EPERM || refusal->error == ENOMEM ||
	    refusal->error == ENOBUFS)
		return;
	subject = &batch->subjects[refusal->subject];
	if (subject->kind == SUBJECT_CHAIN || subject->kind == SUBJECT_RULE)
		copy_name(sending, refused->chain, subject->name);
	if (subject->kind == SUBJECT_SET || subject->kind == SUBJECT_ELEMENTS)
		copy_name(sending, refused->set, subject->name);
	if (subject->kind == SUBJECT_ELEMENTS && subject->set->verdicts) {
		at = refused_element(batch, refusal);
		if (at != SIZE_MAX && subject->set->verdicts[at].chain)
			copy_name(sending, refused->chain, subject->set->verdicts[at].chain);
	}
	refused->is_told = *refused->chain || *refused->set;
}

/* Names the process that alone may change the table, if there is one. */
static const char *owner_text(struct session *session)
{
	struct kernel_table_head head;

	if (kernel_table_head(session->watch, &head) || !head.owner)
		return "";
	/* The kernel gives the first socket of a process the process's number as its port. */
	return arena_printf(session->scratch,
			    "; the table is owned by %s, on netlink port %u, and goes with it",
			    process_text(session->scratch, (long)head.owner), head.owner);
}

/* Reports by name what the kernel refused. */
static void tell_refusal(const struct sending *sending, const struct batch *batch,
			 const struct kernel_refusal *refusal)
{
	static const char *const kinds[] = {
		[SUBJECT_TABLE] = "table",
		[SUBJECT_CHAIN] = "chain",
		[SUBJECT_RULE] = "a rule of chain",
		[SUBJECT_SET] = "set",
		[SUBJECT_ELEMENTS] = "elements of set",
	};
	struct arena *arena = sending->session->scratch;
	const struct batch_subject *subject;
	const char *reason =
		*refusal->reason
			? arena_printf(arena, "%s (%s)", strerror(refusal->error), refusal->reason)
			: strerror(refusal->error);

	if (refusal->subject == SIZE_MAX) {
		diag_error(sending->diags, nowhere, "the kernel refused the transaction: %s",
			   reason);
		return;
	}
	subject = &batch->subjects[refusal->subject];
	diag_error(sending->diags, nowhere, "the kernel refused %s%s %s%s: %s%s",
		   subject->deletes ? "to delete " : "",
		   subject->extra ? subject->extra->kind : kinds[subject->kind], subject->name,
		   whose(sending, batch, refusal), reason,
		   refusal->error == EPERM ? owner_text(sending->session) : "");
}

/*
 * Waits until all packets that are under way in the chains have passed.  membarrier(2) makes all
 * processors pass a point at which none handles a packet, which takes some 15 ms.  If the kernel
 * cannot do that (nohz_full processors), this waits a thousand times as long as a packet takes.
 */
static void wait_for_packets(void)
{
	static const struct timespec enough = {.tv_nsec = 20 * 1000 * 1000};

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&enough, NULL);
}

/*
 * Is something missing, there already, or in use? Then somebody changed the table since it was
 * read.
 */
static bool is_overtaken(int error)
{
	return error == ENOENT || error == EEXIST || error == EBUSY;
}

/*
 * Has somebody else touched the table since it was read? Returns 1 or 0, or -1 after a diagnostic.
 */
static int look_round(struct session *session, struct diags *diags)
{
	if (!kernel_watch_sync(session->watch, &session->events, &session->generation))
		return session->events.table;
	diag_error(diags, nowhere, "events of nf_tables cannot be read: %s", strerror(errno));
	return -1;
}

/*
 * Decides what to do about a batch that was not, or perhaps not, committed: returns 0 to send it
 * again with the generation that is known now, 1 to read the table again, or -1 after a diagnostic.
 */
static int judge_failure(const struct sending *sending, const struct batch *batch,
			 const struct kernel_refusal *refusal, bool has_begun)
{
	const int error = errno, status = look_round(sending->session, sending->diags);

	if (status < 0)
		return -1;
	if (error == ERESTART)
		return status;
	if (refusal->is_lost || (has_begun && status && is_overtaken(refusal->error)))
		return 1;
	if (refusal->error) {
		keep_refusal(sending, batch, refusal);
		tell_refusal(sending, batch, refusal);
	} else {
		diag_error(sending->diags, nowhere, "the transaction was not sent: %s",
			   strerror(error));
	}
	return -1;
}

/* Sends one transaction; returns what send_changes() does. */
static int send_batch(const struct sending *sending, struct batch *batch, bool has_begun)
{
	struct session *session = sending->session;
	struct kernel_refusal refusal;

	batch_end(batch);
	for (int tries = 0; tries < TRIES; tries++) {
		int status;

		batch_condition(batch, has_begun ? 0 : session->generation);
		if (!kernel_watch_commit(session->watch, batch, &refusal, &session->events))
			return 0;
		status = judge_failure(sending, batch, &refusal, has_begun);
		if (status)
			return status;
	}
	diag_error(sending->diags, nowhere, "somebody else changes nf_tables without pause");
	return -1;
}

/*
 * Fills a batch with the changes from @at on that make up one transaction; returns where the next
 * one begins.
 */
static struct batch_position fill_batch(struct batch *batch, const struct changes *changes,
					struct batch_position at)
{
	const enum phase phase = changes->items[at.change].phase;

	do
		at = batch_change(batch, changes, at);
	while (at.change < changes->count && changes->items[at.change].phase == phase &&
	       (!phase_may_be_split(phase) || batch->len < SPLIT_BYTES));
	return at;
}

/* Does a phase begin here that must wait for packets under way? */
static bool must_wait(const struct changes *changes, struct batch_position at)
{
	const struct change *change = &changes->items[at.change];

	return at.change && !at.element && change->phase != change[-1].phase &&
	       phase_is_met(change[-1].phase);
}

/* Each commit adds one to the generation, which skips 0. */
static uint32_t next_generation(uint32_t generation)
{
	return generation + 1 ? generation + 1 : 1;
}

/*
 * A first transaction is only committed by the generation up to which the table is known.  If it
 * was also the last one, nobody can have come between, so the kernel need not be asked again.
 */
static int end_sending(struct session *session, bool was_one, struct diags *diags)
{
	if (!was_one)
		return look_round(session, diags);
	session->generation = next_generation(session->generation);
	return session->events.table;
}

int send_changes(struct session *session, const struct ruleset *ruleset,
		 const struct changes *changes, struct diags *diags)
{
	const struct sending sending = {session, ruleset, changes, diags};
	struct batch_position at = {0};
	bool has_begun = false, is_one = false;

	while (at.change < changes->count) {
		struct batch batch;
		int status;

		if (must_wait(changes, at))
			wait_for_packets();
		batch_begin(&batch, kernel_watch_table(session->watch));
		at = fill_batch(&batch, changes, at);
		is_one = !has_begun && at.change == changes->count;
		/* A single transaction cannot be cut short, so it needs no mark. */
		if (!is_one || session->more_follows)
			session_begin(session);
		status = send_batch(&sending, &batch, has_begun);
		batch_free(&batch);
		/* If the first transaction was refused, everything is as it was. */
		if (status < 0 && !has_begun && session->mark >= 0 && !session->had_mark)
			session_finish(session);
		if (status)
			return status;
		has_begun = session->had_mark = true;
	}
	return end_sending(session, is_one, diags);
}
