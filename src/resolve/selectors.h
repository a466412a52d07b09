/*
 * Which selectors mean which identities.
 *
 * In:  selectors of pods, each with the namespaces that it applies to; identities.  Out: for each
 * identity the selectors that mean it, which are found when they are first asked for.
 *
 * The hard idea: nobody searches through pods for those of a selector.  Each selector is filed
 * under its namespace (or its namespaceSelector) and under one label that all of its pods must
 * have.  An identity looks only under its own namespace and its own labels, and finds the few
 * selectors that may mean it.
 */
#ifndef NP2NFT_RESOLVE_SELECTORS_H
#define NP2NFT_RESOLVE_SELECTORS_H

#include "resolve/identity.h"

struct selectors;

/* Makes an empty collection.  @identities must outlive it, and may grow meanwhile. */
struct selectors *selectors_new(struct arena *arena, const struct identities *identities);

/*
 * Returns the number of the selector @pods, which applies to the namespaces that @namespaces
 * matches, or (NULL) to the one with the number @namespace.  Selectors that are written alike have
 * one number.  They must live as long as the collection.
 */
uint32_t selectors_add(struct selectors *selectors, uint32_t namespace,
		       const struct selector *namespaces, const struct selector *pods);

/* How many selectors there are; their numbers go from 0 to this. */
size_t selectors_count(const struct selectors *selectors);

/* Returns the numbers of the selectors that mean pods of the identity, ascending. */
const uint32_t *selectors_of(struct selectors *selectors, uint32_t identity, size_t *count);

/* Must be called when the labels of the namespace have changed. */
void selectors_namespace_changed(struct selectors *selectors, uint32_t namespace);

#endif
