/*
 * Which connections a change may have denied.
 *
 * In:  changes (change/transition.h).  Out: addresses, or the answer "any".  A connection that was
 * allowed before the changes and is denied now has one of these addresses at an end.
 *
 * The hard idea: most changes only allow more.  A connection can be denied because of an address
 * that leaves a set of allowed peers, that comes under policies, or about which cluster policies
 * decide something else; or because a part of the ruleset was switched as a whole.
 */
#ifndef NP2NFT_CHANGE_DENIED_CONNECTIONS_H
#define NP2NFT_CHANGE_DENIED_CONNECTIONS_H

#include "base/addr.h"
#include "base/table.h"
#include "change/plan.h"

struct touched {
	bool all;               /* it may be any address */
	struct table addresses; /* keys: addresses of family_len() bytes, in network byte order */
};

/* Begins with no addresses.  They will live in @arena. */
void touched_begin(struct touched *touched, struct arena *arena);

/* Adds the addresses of the changes. */
void touched_add(struct touched *touched, const struct changes *changes);

bool touched_is_empty(const struct touched *touched);
bool touched_has(const struct touched *touched, enum family family, const uint8_t *bytes);

#endif
