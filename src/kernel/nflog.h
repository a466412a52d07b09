/*
 * Receives the packets that rules hand to a group of nflog, in the calling process's network
 * namespace.
 *
 * In:  the number of a group.  Out: those fields of each packet by which a ruleset decides.
 */
#ifndef NP2NFT_KERNEL_NFLOG_H
#define NP2NFT_KERNEL_NFLOG_H

#include "ruleset/evaluate.h"

struct kernel_socket;

/* Of each packet so many bytes come: enough for two headers, of which the first has options. */
#define NFLOG_COPY_BYTES 128

/*
 * Begins to listen to the group, which only one process can do at a time.  Returns NULL with errno
 * if it cannot.  The socket's kernel_fd() is readable when packets have come.
 */
struct kernel_socket *nflog_open(uint16_t group);

/*
 * Receives a packet; @prefix is the one that the rule which handed it on gives its packets, or ""
 * if it gives them none.
 */
typedef void (*nflog_take)(void *context, const struct packet *packet, const char *prefix);

/*
 * Gives all packets that have come so far to @take, without waiting.  Returns 0, or -1 with errno.
 */
int nflog_read(struct kernel_socket *socket, nflog_take take, void *context);

#endif
