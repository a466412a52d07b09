/* The policies that are the reason why something opened or closed. */
#ifndef NP2NFT_ASK_COMPARE_CAUSE_H
#define NP2NFT_ASK_COMPARE_CAUSE_H

#include "ask/alike/pairs.h"

struct tier_reason;

/* A policy that is a cause. */
struct cause {
	enum direction direction;
	const struct policy *policy;
	const struct tier_reason *rule; /* of a cluster policy: its rule; then @policy is NULL */
	enum age age;                   /* the world whose form of the policy is meant */
	struct mark mark;               /* of the rule, or else of the policy */
	const char *text;               /* "policy shop/db lets it in (policies.yaml:12)" */
};

struct cause_list {
	const struct cause *items;
	size_t count;
};

#endif
