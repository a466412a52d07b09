/*
 * Which addresses are this node's own, by the kernel's routing.
 *
 * What the node itself sends and receives passes the hooks output and input, never forward, where the
 * ruleset is.  One question for each address, answered from memory the next time.
 */
#ifndef NP2NFT_KERNEL_LOCAL_H
#define NP2NFT_KERNEL_LOCAL_H

#include "base/addr.h"

struct arena;
struct local;

/* For the process's network namespace; NULL with errno set if the kernel gives no socket. */
struct local *local_open(struct arena *arena);
void local_close(struct local *local);

/* 1: the node's own, 0: not, -1: errno.  @address: network byte order, family_len() bytes. */
int local_has(struct local *local, enum family family, const uint8_t *address);

#endif
