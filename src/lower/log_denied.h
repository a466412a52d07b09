/*
 * Logs denied packets to a listener in user space.
 *
 * In:  a ruleset.  Out: the ruleset, whose denying chains hand some of the packets to nflog first, and
 * so do the chains that count what audited policies would deny.
 *
 * The kernel shall hand on no more than LAYOUT_LOG_RATE packets a second from all chains together.
 * So only one chain does it, and the denying chains lead there.  Audited packets have a chain of their
 * own, so that many of them hide no denied ones.
 */
#ifndef NP2NFT_LOWER_LOG_DENIED_H
#define NP2NFT_LOWER_LOG_DENIED_H

#include "ruleset/ruleset.h"

struct arena;

/* Adds the chain and the rules.  The result shares data with @ruleset, and lives in @arena. */
struct ruleset *log_denied(struct arena *arena, const struct ruleset *ruleset);

#endif
