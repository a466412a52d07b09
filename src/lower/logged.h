/*
 * Logs denied packets to a listener in user space.
 *
 * In:  a ruleset.  Out: the ruleset, whose denying chains hand some of the packets to nflog first.
 *
 * The kernel shall hand on no more than LAYOUT_LOG_RATE packets a second from all chains together.
 * So only one chain does it, and the denying chains lead there.
 */
#ifndef NP2NFT_LOWER_LOGGED_H
#define NP2NFT_LOWER_LOGGED_H

#include "ruleset/ruleset.h"

struct arena;

/* Adds the chain and the rules.  The result shares data with @ruleset, and lives in @arena. */
struct ruleset *log_denied(struct arena *arena, const struct ruleset *ruleset);

#endif
