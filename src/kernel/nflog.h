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

/* Begins to listen, which one process at a time can; NULL with errno.  kernel_fd() of it tells when there is something. */
struct kernel_socket *nflog_open(uint16_t group);

/* @prefix is that of the rule which handed the packet on; "": it has none. */
typedef void (*nflog_take)(void *context, const struct packet *packet, const char *prefix);

/* Gives all packets that have come to @take, without waiting.  Returns 0, or -1 with errno. */
int nflog_read(struct kernel_socket *socket, nflog_take take, void *context);

#endif
