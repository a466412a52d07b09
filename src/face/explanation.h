/*
 * In:  an explanation, as ask/explain/ makes it.  Out: the same in the structures of np2nft.h, which may
 * only ever grow at their ends.
 */
#ifndef NP2NFT_FACE_EXPLANATION_H
#define NP2NFT_FACE_EXPLANATION_H

#include "np2nft.h"

struct arena;
struct explanation;
struct world;

const struct np2nft_explanation *explanation_as_data(struct arena *arena, const struct world *world,
						     const struct explanation *explanation);

#endif
