/*
 * Reads the counters of a table's rules without its elements, so that the cost does not depend on
 * the number of pods.
 */
#ifndef NP2NFT_KERNEL_COUNTERS_H
#define NP2NFT_KERNEL_COUNTERS_H

#include <stdint.h>

struct kernel_socket;

/* Receives a counter; @chain lives until the call returns. */
typedef void (*counter_told)(void *context, const char *chain, uint64_t packets, uint64_t bytes);

/*
 * Calls @told for each rule of @table (family inet) that has a counter.  Returns 0, or -1 with
 * errno.
 */
int kernel_counters(struct kernel_socket *socket, const char *table, counter_told told,
		    void *context);

#endif
