/*
 * Writes words for what findings are about.
 *
 * In:  pods, policies and ports.  Out: text in the arena of lint.
 */
#ifndef NP2NFT_ASK_LINT_FINDING_WORDS_H
#define NP2NFT_ASK_LINT_FINDING_WORDS_H

#include "ask/lint/check.h"

/*
 * Writes "shop/web-1", "shop/web-1 and 2 more" or "no pod": there are @count pods, and @first is
 * one of them.
 */
const char *lint_pods_text(const struct lint *lint, uint32_t first, size_t count);

/*
 * They write "pods app=web in shop": the pods that a policy selects, or that an entry by labels
 * means.
 */
const char *lint_selected_text(const struct lint *lint, const struct policy *policy);
const char *lint_peer_text(const struct lint *lint, const struct policy *policy,
			   const struct peer *peer);

/* Writes "5432/TCP, http/TCP" or "any port".  */
const char *lint_ports_text(const struct lint *lint, const struct policy_rule *rule);

/* Returns "in" or "out".  */
const char *lint_way_text(enum direction direction);

#endif
