/*
 * The rules that send a packet on by its protocol and port.
 */
#ifndef NP2NFT_LOWER_PORTS_H
#define NP2NFT_LOWER_PORTS_H

#include "lower/build.h"

/*
 * Adds them to @chain; the verdict of each target of the plan is @verdict_of it.  Returns how many maps a packet
 * meets.
 */
size_t lower_ports(struct lowering *lowering, struct chain *chain, const struct plan *plan,
		   const struct verdict *verdict_of);

#endif
