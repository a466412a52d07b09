/* How checks of lint go through cluster policies.  */
#ifndef NP2NFT_ASK_LINT_TIERS_H
#define NP2NFT_ASK_LINT_TIERS_H

#include "ask/lint/check.h"
#include "base/bits.h"

typedef void (*lint_visit_tier)(struct lint *lint, const struct check *check,
				const struct cluster_policy *policy, enum direction direction,
				const struct tier_rule *rule);

/*
 * Visits all rules, in the order in which packets ask them. lint->scratch is emptied before each
 * policy.
 */
void lint_each_tier_rule(struct lint *lint, const struct check *check, lint_visit_tier visit);

/* The pods that the policy is about, as a set of their indices in lint->scratch.  */
struct bits lint_subjects(const struct lint *lint, const struct cluster_policy *policy);

/* The policy that stands in for the cluster policy in a finding.  */
const struct policy *lint_stand_in(const struct lint *lint, const struct cluster_policy *policy);

/* Does the peer mean every pod of every namespace? */
bool lint_is_everybody(const struct peer *peer);

#endif
