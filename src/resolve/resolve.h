/*
 * Brings policies and cluster together.
 *
 * In:  objects (model/objects.h), and the node whose pods are enforced.  Out: what resolve/resolved.h
 * describes.
 */
#ifndef NP2NFT_RESOLVE_RESOLVE_H
#define NP2NFT_RESOLVE_RESOLVE_H

#include "resolve/resolved.h"

/* Resolves the objects for the pods on @node; NULL stands for the pods of all nodes. */
struct resolved *resolve(struct arena *arena, const struct objects *objects, const char *node);

#endif
