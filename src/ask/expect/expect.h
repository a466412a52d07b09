/*
 * Judges expectations.
 *
 * In:  a world whose objects have expectations.  Out: which of them hold, and why the others do
 * not; as text, TAP or XML of JUnit.
 */
#ifndef NP2NFT_ASK_EXPECT_EXPECT_H
#define NP2NFT_ASK_EXPECT_EXPECT_H

#include "ask/world/format.h"
#include "ask/world/world.h"

struct diags;

/* Returns NULL after a diagnostic. *failed becomes the number of expectations that do not hold. */
const char *expect(struct arena *arena, const struct world *world, enum format format,
		   size_t *failed, struct diags *diags);

/* Writes the errors of an input that was refused as XML of JUnit.  */
const char *expect_refusal(struct arena *arena, const struct diags *diags);

#endif
