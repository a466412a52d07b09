/*
 * What is legal but surely not meant.
 *
 * In:  a world.
 * Out: findings with file, line, reason and remedy; as text, JSON or SARIF.
 */
#ifndef NP2NFT_LINT_H
#define NP2NFT_LINT_H

#include "np2nft.h"
#include "world.h"

/* How many findings in *findings. */
const char *lint(struct arena *arena, const struct world *world, enum np2nft_format format,
		 size_t *findings);

#endif
