/*
 * Which bytes the carrier sends to netfilter.
 *
 * In:  bytes from a process that may have been taken over, and the name of np2nft's table.  Out: may
 * they be sent?  What np2nft itself sends may; nothing may that changes another table, another
 * family's table, the connections of a node at once, or what another program listens to.
 *
 * The hard idea: the bytes must be read as the kernel reads them.  So each byte must belong to a
 * message, and each byte of a change to an attribute of a type that np2nft uses there and that stands
 * there once.  What the kernel would make of other attributes need not be known.
 */
#ifndef NP2NFT_KERNEL_CARRIER_PERMIT_H
#define NP2NFT_KERNEL_CARRIER_PERMIT_H

#include <stdbool.h>
#include <stddef.h>

bool permit_bytes(const void *bytes, size_t len, const char *table);

#endif
