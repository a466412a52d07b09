/*
 * The carrier itself: what the second process does (kernel/carrier.h says what for).
 *
 * In:  errands, from a process that may have been taken over.  Out: they are done, if they are
 * permitted.
 */
#ifndef NP2NFT_KERNEL_CARRIER_PROCESS_H
#define NP2NFT_KERNEL_CARRIER_PROCESS_H

/*
 * Begins the carrier for one table.  It must be called while the process has one thread and before
 * it gives up CAP_NET_ADMIN.  @confine is called in the carrier, to give up every other right; it is
 * told the socket on which the carrier is spoken to.  The carrier keeps the file descriptor @kept
 * open as long as it lives; -1: none.  Returns 0, or -1 with errno.
 */
int carrier_begin(const char *table, void (*confine)(int socket), int kept);

#endif
