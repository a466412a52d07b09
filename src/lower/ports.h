/*
 * Makes the rules that send a packet on by its protocol and port.
 *
 * In:  a plan of cells, and a verdict for each of its targets.  Out: rules at the end of a chain.
 */
#ifndef NP2NFT_LOWER_PORTS_H
#define NP2NFT_LOWER_PORTS_H

#include "lower/build.h"

/*
 * Adds the rules to @chain; @verdict_of has the verdict of each target of the plan.  Returns how
 * many maps a packet meets.
 */
size_t lower_ports(struct lowering *lowering, struct chain *chain, const struct plan *plan,
		   const struct verdict *verdict_of);

#endif
