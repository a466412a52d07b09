/*
 * Finds out what iptables-legacy does with forwarded packets.  nf_tables does not list its tables.
 */
#ifndef NP2NFT_KERNEL_IPTABLES_LEGACY_H
#define NP2NFT_KERNEL_IPTABLES_LEGACY_H

#include "base/addr.h"

/*
 * Does the chain FORWARD of its table `filter` drop what it does not accept? Returns 1 or 0, and -1
 * with errno if that cannot be read.  A table that does not exist counts as 0, and is not created
 * by the question.
 */
int legacy_forward_drops(enum family family);

/* The same of a table that exists; it needs CAP_NET_ADMIN. */
int legacy_policy(enum family family);

#endif
