/*
 * What is denied, told to whoever listens in user space.
 *
 * In:  a ruleset.  Out: the same, whose chains in which denied packets end hand some of them to nflog first.
 *
 * The kernel hands on no more than LAYOUT_LOG_RATE packets a second, all chains together.  So there is one chain that does
 * it, to which the others lead.
 */
#ifndef NP2NFT_LOWER_LOGGED_H
#define NP2NFT_LOWER_LOGGED_H

#include "ruleset/ruleset.h"

struct arena;

/* The result shares what @ruleset has, and lives in @arena. */
struct ruleset *log_denied(struct arena *arena, const struct ruleset *ruleset);

#endif
