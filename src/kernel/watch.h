/*
 * What others do to nf_tables while one table is read, compared and changed.
 *
 * In:  a table's name (family inet).
 * Out: whether a commit of somebody else touched that table, or moved what stands beside it in the kernel's lists;
 *      and a file descriptor that becomes readable when somebody else committed anything.
 *
 * The hard idea: the kernel makes a commit visible first, and tells of it (group NFNLGRP_NFTABLES) before it lets
 * go of the lock on its transactions.  An empty transaction takes that lock and changes nothing, so when it has
 * come back, all that was visible before it has been told.  What this process commits itself is kept from being
 * told by a filter on the socket.
 */
#ifndef NP2NFT_KERNEL_WATCH_H
#define NP2NFT_KERNEL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_refusal;
struct kernel_socket;
struct kernel_watch;
struct batch;

/* What somebody else committed. */
struct kernel_events {
	bool table; /* to the table, or it cannot be known: more was told than the socket has room for */
	bool lists; /* a table, chain, object or flowtable, of whatever table, came or went */
};

/* Begins to watch; NULL with errno.  @table must live as long. */
struct kernel_watch *kernel_watch_open(const char *table);
void kernel_watch_close(struct kernel_watch *watch);

/* The table's name; and the socket for requests and transactions, whose commits are not told. */
const char *kernel_watch_table(const struct kernel_watch *watch);
struct kernel_socket *kernel_watch_socket(struct kernel_watch *watch);

/* Readable when there may be events; for poll(2) only. */
int kernel_watch_fd(const struct kernel_watch *watch);

/* Adds the events that have been told by now to *events, without waiting. Returns 0, or -1 with errno. */
int kernel_watch_take(struct kernel_watch *watch, struct kernel_events *events);

/*
 * Adds all events up to *generation to *events: whoever then commits on the condition that the generation is still
 * the same (batch_begin()) knows all that happened.  Returns 0, or -1 with errno.
 */
int kernel_watch_sync(struct kernel_watch *watch, struct kernel_events *events,
		      uint32_t *generation);

/*
 * kernel_commit() of kernel/socket.h.  A long transaction is not listened to; if somebody else commits beside it, that
 * is added to *events as if it were to the table.
 */
int kernel_watch_commit(struct kernel_watch *watch, const struct batch *batch,
			struct kernel_refusal *refusal, struct kernel_events *events);

#endif
