/*
 * The packets that a table's rules have counted, without its elements: what it costs does not depend on the pods.
 */
#ifndef NP2NFT_KERNEL_COUNTERS_H
#define NP2NFT_KERNEL_COUNTERS_H

#include <stdint.h>

struct kernel_socket;

/* Takes a rule that counts; @chain lives until the call returns. */
typedef void (*counter_told)(void *context, const char *chain, uint64_t packets, uint64_t bytes);

/* Tells all rules of @table (family inet) that have a counter.  Returns 0, or -1 with errno. */
int kernel_counters(struct kernel_socket *socket, const char *table, counter_told told,
		    void *context);

#endif
