/*
 * What is legal but surely not meant.
 *
 * In:  a world.
 * Out: findings with file, line, reason and remedy; as text, JSON or SARIF.
 */
#ifndef NP2NFT_ASK_LINT_LINT_H
#define NP2NFT_ASK_LINT_LINT_H

#include "ask/format.h"
#include "ask/world.h"

/* How many findings in *findings. */
const char *lint(struct arena *arena, const struct world *world, enum format format,
		 size_t *findings);

#endif
