/*
 * Words for what findings are about.
 *
 * In:  pods, policies and ports.  Out: text in the arena of lint.
 */
#ifndef NP2NFT_ASK_LINT_WORDS_H
#define NP2NFT_ASK_LINT_WORDS_H

#include "ask/lint/check.h"

/* "shop/web-1", "shop/web-1 and 2 more", "no pod": @count of which one is @first. */
const char *lint_pods_text(const struct lint *lint, uint32_t first, size_t count);

/* "pods app=web in shop": those that a policy selects, or that an entry by label means. */
const char *lint_selected_text(const struct lint *lint, const struct policy *policy);
const char *lint_peer_text(const struct lint *lint, const struct policy *policy,
			   const struct peer *peer);

/* "5432/TCP, http/TCP"; "any port". */
const char *lint_ports_text(const struct lint *lint, const struct policy_rule *rule);

/* "in" or "out". */
const char *lint_way_text(enum direction direction);

#endif
