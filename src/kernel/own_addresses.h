/*
 * Finds out which addresses are this node's own, by asking the kernel for routes.
 *
 * What the node itself sends and receives passes the hooks output and input, never forward, on
 * which the ruleset is.  The kernel is asked once for each address.
 */
#ifndef NP2NFT_KERNEL_OWN_ADDRESSES_H
#define NP2NFT_KERNEL_OWN_ADDRESSES_H

#include "base/addr.h"

struct arena;
struct local;

/* For the process's network namespace; NULL with errno if the kernel gives no socket. */
struct local *local_open(struct arena *arena);
void local_close(struct local *local);

/*
 * Returns 1 if the address is the node's own, 0 if it is not, and -1 with errno.  @address has
 * family_len() bytes in network byte order.
 */
int local_has(struct local *local, enum family family, const uint8_t *address);

#endif
