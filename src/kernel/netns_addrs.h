/*
 * Reads the addresses of a link in another network namespace without entering it.
 *
 * In:  an open file of the namespace, and the link's name.  Out: its addresses of both families,
 * except those that are valid on the link only.
 *
 * The kernel answers questions about another namespace that has a number in ours (Linux 4.20 and
 * newer).  So this process need not enter it, which would take more rights than CAP_NET_ADMIN.  A
 * namespace without a number gets one, which it keeps as long as it lives.
 */
#ifndef NP2NFT_KERNEL_NETNS_ADDRS_H
#define NP2NFT_KERNEL_NETNS_ADDRS_H

#include "base/addr.h"

struct arena;

struct netns_addrs {
	struct addr *items;
	size_t count;
};

/* Returns 0, or -1 with errno; ENODEV means that there is no such link. */
int netns_addrs_of(struct arena *arena, int netns, const char *link, struct netns_addrs *addrs);

#endif
