/*
 * The lock of the network namespace: who changes tables in it holds it, one at a time.
 *
 * The hard idea: it is on the namespace's own file in /proc.  No file is left behind, whoever holds it may be
 * killed, and other namespaces are not kept waiting.  But every process of the namespace can take it, with
 * rights or without: so nobody waits for ever, and who is waited for is named.
 */
#ifndef NP2NFT_NODE_LOCK_H
#define NP2NFT_NODE_LOCK_H

#include "base/diag.h"

struct arena;

#define LOCK_WAIT 300 /* seconds: what a first load of 100,000 pods takes, several times over */

struct lock_wait {
	long seconds; /* 0: not at all */
	/* Told once, after a second, what is waited for; NULL: nobody is. */
	void (*tell)(void *context, const char *text);
	void *context;
};

/*
 * Takes it, waiting for others as @wait says.  Returns a file descriptor, which holds it until it is closed; or
 * -1 after a diagnostic.
 */
int lock_take(struct arena *arena, const struct lock_wait *wait, struct diags *diags);

#endif
