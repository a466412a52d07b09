/*
 * Turns an explanation into the public structures.
 *
 * In:  an explanation of ask/explain/.  Out: the same in the structures of np2nft.h, which may only
 * grow at their ends.
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
