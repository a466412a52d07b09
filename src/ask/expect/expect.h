/*
 * Expectations judged.
 *
 * In:  a world, whose objects have expectations.
 * Out: which hold, and why the others do not; as text, TAP or JUnit's XML.
 */
#ifndef NP2NFT_ASK_EXPECT_EXPECT_H
#define NP2NFT_ASK_EXPECT_EXPECT_H

#include "ask/format.h"
#include "ask/world.h"

struct diags;

/* NULL after a diagnostic.  *failed: how many expectations do not hold. */
const char *expect(struct arena *arena, const struct world *world, enum format format,
		   size_t *failed, struct diags *diags);

/* The errors of an input that was refused, as JUnit's XML. */
const char *expect_refusal(struct arena *arena, const struct diags *diags);

#endif
