/*
 * A world that knows of another's namespaces.
 *
 * In:  two worlds.
 * Out: the first, with any other pod of every namespace that the second has.
 *
 * A namespace that only one of two inputs mentions is no news by itself: pods of it could have been there in the
 * other too, with no label on the namespace but its name.
 */
#ifndef NP2NFT_ASK_KNOWING_H
#define NP2NFT_ASK_KNOWING_H

#include "ask/world.h"

/* @world itself if it knows them all. */
const struct world *world_knowing(struct arena *arena, const struct world *world,
				  const struct world *other);

#endif
