/*
 * Labels of a crowd, counted: what to say when a selector matches none of it.
 *
 * In:  all pods of some namespaces, or all namespaces.
 * Out: the requirement that none of them fulfils, and what might have been meant.
 */
#ifndef NP2NFT_ASK_LINT_CENSUS_H
#define NP2NFT_ASK_LINT_CENSUS_H

#include "ask/lint/check.h"

struct label_census;

void lint_prepare_censuses(struct lint *lint);

/* Of the known pods in the namespaces of an entry, or in the policy's own (@peer NULL). */
const struct label_census *lint_census_of_pods(const struct lint *lint, const struct policy *policy,
					       const struct peer *peer);
const struct label_census *lint_census_of_namespaces(const struct lint *lint);

/* How many were counted. */
size_t census_count(const struct label_census *census);

/* Does one of the pods run?  Then the input was taken from a cluster, and not only from manifests. */
bool census_runs(const struct label_census *census);

/* The selector's requirement that not one of them fulfils, or all of the selector, in words. */
const char *census_asked(const struct lint *lint, const struct label_census *census,
			 const struct selector *selector);

/* A value that is there and of which the asked one may be a misspelling: "app: front"; NULL: none. */
const char *census_nearest(const struct lint *lint, const struct label_census *census,
			   const struct selector *selector);

/* What there is instead: "none there has a label role", "tier is back, data, web there". */
const char *census_instead(const struct lint *lint, const struct label_census *census,
			   const struct selector *selector);

#endif
