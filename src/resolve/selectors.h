/*
 * Which selectors mean which identities.
 *
 * In:  selectors of pods, each with the namespaces that it is for; identities.
 * Out: for each identity the selectors that mean it, found when they are first asked for.
 *
 * The hard idea: nobody goes through pods to find those of a selector.  A selector is filed under its namespace
 * (or its selector of namespaces) and a label that all of its pods have; an identity looks under its own
 * namespace and its own labels, and finds the few selectors that may mean it.
 */
#ifndef NP2NFT_RESOLVE_SELECTORS_H
#define NP2NFT_RESOLVE_SELECTORS_H

#include "resolve/identity.h"

struct selectors;

/* @identities must outlive it, and may grow meanwhile. */
struct selectors *selectors_new(struct arena *arena, const struct identities *identities);

/*
 * The number of the selector of @pods in the namespaces that @namespaces matches, or (NULL) in the one with the
 * number @namespace.  Two that are written alike are one.  Selectors must live as long as this.
 */
uint32_t selectors_add(struct selectors *selectors, uint32_t namespace,
		       const struct selector *namespaces, const struct selector *pods);

/* How many there are; numbers go from 0 to that. */
size_t selectors_count(const struct selectors *selectors);

/* The ascending numbers of those that mean pods of the identity. */
const uint32_t *selectors_of(struct selectors *selectors, uint32_t identity, size_t *count);

/* The labels of the namespace have changed. */
void selectors_namespace_changed(struct selectors *selectors, uint32_t namespace);

#endif
