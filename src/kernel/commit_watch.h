/*
 * Watches what others do to nf_tables while one table is read, compared and changed.
 *
 * In:  a table's name (family inet).  Out: whether a commit of somebody else touched that table, or
 * moved something beside it in the kernel's lists; and a file descriptor that becomes readable when
 * somebody else committed anything.
 *
 * The hard idea: the kernel first makes a commit visible, then reports it (to the group
 * NFNLGRP_NFTABLES), and only then releases the lock on its transactions.  An empty transaction
 * takes that lock and changes nothing; when it has been answered, all that was visible before has
 * been reported.  A filter on the socket keeps out the reports of this process's own commits.
 */
#ifndef NP2NFT_KERNEL_COMMIT_WATCH_H
#define NP2NFT_KERNEL_COMMIT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_refusal;
struct kernel_socket;
struct kernel_watch;
struct batch;

/* What somebody else committed. */
struct kernel_events {
	bool table; /* the table was changed; or perhaps, because reports got lost */
	bool lists; /* a table, chain, object or flowtable of any table came or went */
};

/* Begins to watch; NULL with errno.  @table must live as long as the watch. */
struct kernel_watch *kernel_watch_open(const char *table);
void kernel_watch_close(struct kernel_watch *watch);

/*
 * The name of the table; and the socket for requests and transactions, whose commits are not
 * reported.
 */
const char *kernel_watch_table(const struct kernel_watch *watch);
struct kernel_socket *kernel_watch_socket(struct kernel_watch *watch);

/* A file descriptor that is readable when there may be events; use it only with poll(2). */
int kernel_watch_fd(const struct kernel_watch *watch);

/*
 * Adds the events that have been reported so far to *events, without waiting.  Returns 0, or -1
 * with errno.
 */
int kernel_watch_take(struct kernel_watch *watch, struct kernel_events *events);

/*
 * Adds all events up to *generation to *events.  A caller that then commits on the condition that
 * the generation is still the same (nl_condition()) knows everything that happened.  Returns 0, or
 * -1 with errno.
 */
int kernel_watch_sync(struct kernel_watch *watch, struct kernel_events *events,
		      uint32_t *generation);

/*
 * Does the same as kernel_commit() of kernel/socket.h.  The socket does not listen during a long
 * transaction; if somebody else commits at the same time, *events says so as if it were a change of
 * the table.
 */
int kernel_watch_commit(struct kernel_watch *watch, const struct batch *batch,
			struct kernel_refusal *refusal, struct kernel_events *events);

#endif
