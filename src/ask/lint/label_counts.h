/*
 * Counts the labels of a crowd, to say what is wrong with a selector that matches nothing in it.
 *
 * In:  all pods of some namespaces, or all namespaces.  Out: the requirement that none of them
 * fulfils, and what might have been meant.
 */
#ifndef NP2NFT_ASK_LINT_LABEL_COUNTS_H
#define NP2NFT_ASK_LINT_LABEL_COUNTS_H

#include "ask/lint/check.h"

struct label_census;

void lint_prepare_censuses(struct lint *lint);

/*
 * The census of the known pods in the namespaces of an entry, or in the policy's own (@peer NULL).
 */
const struct label_census *lint_census_of_pods(const struct lint *lint, const struct policy *policy,
					       const struct peer *peer);
const struct label_census *lint_census_of_namespaces(const struct lint *lint);

/* How many pods or namespaces were counted.  */
size_t census_count(const struct label_census *census);

/*
 * Does one of the pods run? Then the input was taken from a cluster, and does not consist of
 * manifests alone.
 */
bool census_runs(const struct label_census *census);

/*
 * Writes the requirement of the selector that not one of them fulfils; if there is no such
 * requirement, the whole selector.
 */
const char *census_asked(const struct lint *lint, const struct label_census *census,
			 const struct selector *selector);

/*
 * Writes a label that is there and that the selector may have misspelt: "app: front"; NULL: there
 * is none.
 */
const char *census_nearest(const struct lint *lint, const struct label_census *census,
			   const struct selector *selector);

/* Writes what there is instead: "none there has a label role", "tier is back, data, web there".  */
const char *census_instead(const struct lint *lint, const struct label_census *census,
			   const struct selector *selector);

#endif
