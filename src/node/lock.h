/*
 * The lock of the network namespace, which is held by whoever changes tables in it.
 *
 * The hard idea: the lock is on the namespace's own file in /proc.  So no file is left behind,
 * whoever holds it may be killed, and other namespaces do not wait.  But every process of the
 * namespace can take it, with or without rights; so nobody waits for ever, and the process that is
 * waited for is named.
 */
#ifndef NP2NFT_NODE_LOCK_H
#define NP2NFT_NODE_LOCK_H

#include "base/diag.h"

struct arena;

#define LOCK_WAIT 300 /* in seconds; it is several times what a first load of 100,000 pods takes */

struct lock_wait {
	long seconds; /* how long to wait; 0: not at all */
	/* It is called once, after a second, with what is waited for; NULL: nobody is told. */
	void (*tell)(void *context, const char *text);
	void *context;
};

/*
 * Takes the lock, and waits for others as @wait says.  Returns a file descriptor, which holds the
 * lock until lock_release(); or -1 after a diagnostic.
 */
int lock_take(struct arena *arena, const struct lock_wait *wait, struct diags *diags);

/*
 * Gives the lock back and closes @file.  If the kernel cannot unlock it (before Linux 5.19 it needs
 * memory for that), it is asked again until it can: otherwise all others would wait for a process
 * that goes on.
 */
void lock_release(int file);

#endif
