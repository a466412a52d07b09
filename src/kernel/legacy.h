/*
 * What iptables-legacy says of forwarded packets; nf_tables does not list its tables.
 */
#ifndef NP2NFT_KERNEL_LEGACY_H
#define NP2NFT_KERNEL_LEGACY_H

#include "base/addr.h"

/*
 * Does its table `filter` drop what its chain FORWARD does not accept?  1, or 0 (also if there is no such table, which
 * is not loaded by asking); -1 with errno if it cannot be read.
 */
int legacy_forward_drops(enum family family);

#endif
