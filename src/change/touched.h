/*
 * Whose connections a change may have forbidden.
 *
 * In:  changes (change/transition.h).
 * Out: addresses: a connection that was allowed before and is denied now has one of these at an end; or the word that
 *      it may be any.
 *
 * The hard idea: most changes only allow more.  What can deny is an address that leaves a set of allowed peers, one that
 * comes under policies, one of whom cluster policies say something else, and whatever is switched to as a whole.
 */
#ifndef NP2NFT_CHANGE_TOUCHED_H
#define NP2NFT_CHANGE_TOUCHED_H

#include "base/addr.h"
#include "base/table.h"
#include "change/transition.h"

struct touched {
	bool all;               /* every address */
	struct table addresses; /* family_len() bytes each, in network byte order */
};

/* None yet, in @arena. */
void touched_begin(struct touched *touched, struct arena *arena);

/* Adds those of the changes. */
void touched_add(struct touched *touched, const struct changes *changes);

bool touched_is_empty(const struct touched *touched);
bool touched_has(const struct touched *touched, enum family family, const uint8_t *bytes);

#endif
