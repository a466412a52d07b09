/*
 * Why: the policies and rules behind a verdict.
 *
 * In:  a world, a connection.
 * Out: for one direction, which policies isolate the pod, and for each of their rules whether it lets the
 *      connection in, or by what it misses it; and what cluster policies say before and after them.
 *
 * The verdict is the ruleset's (ask/reach.h); this says which words of the policies it comes from.
 */
#ifndef NP2NFT_ASK_REASON_H
#define NP2NFT_ASK_REASON_H

#include "ask/reach.h"

/* One connection. */
struct question {
	struct addr from, to;      /* where the ends lie, of one family */
	uint32_t from_pod, to_pod; /* index to objects.pods; ANYTHING: no pod */
	enum protocol protocol;
	uint16_t port;
};

enum miss {
	MISS_NOTHING, /* the rule lets it in */
	MISS_PORT,    /* the peer matches, the port does not */
	MISS_PEER,    /* the port matches, the peer does not */
	MISS_BOTH,
};

/* A rule and how near it comes. */
struct rule_reason {
	const struct policy *policy;
	const struct policy_rule *rule;
	enum direction direction;
	enum miss miss;
	unsigned far; /* of a miss: to compare; the less, the likelier it is what was meant */
	const char *
		why; /* one line, of a miss: "port 8080/TCP is allowed, but app=frontend is not app=front-end" */
};

/* A rule of a cluster policy that was asked. */
struct tier_reason {
	const struct cluster_policy *policy;
	const struct tier_rule *rule;
	size_t number; /* of the rule among those of its policy and direction, from 1 */
	enum direction direction;
	enum miss miss;
	unsigned far;
	const char *
		why; /* of a miss, one line: "app=web does not match app=db", "it is about 80/TCP alone" */
};

struct tier_reasons {
	bool is_asked;       /* nothing before it has decided */
	size_t policy_count; /* whose subject the pod is, with rules in this direction */
	enum action action;  /* what the tier says; ACTION_PASS also where no rule matches */
	const struct tier_reason *decides; /* the first rule that matches; NULL: none does */
	const struct tier_reason *near; /* rules asked in vain that came near, as they are asked */
	size_t near_count;
	/* The policy of the rule that decides has the priority of this one, too, which also is about the pod. */
	const struct cluster_policy *tied; /* NULL: of none */
};

struct reasons {
	struct tier_reasons tiers[TIERS];
	/* The pod shares its address with pods under other policies, cluster policies among them. */
	bool is_closed;
	/*
	 * The pod shares its address; the policies of each pod allow it, but the rules that they have in common do not:
	 * whether a port's name and a number are the same port is left out there (model/share.h).
	 */
	bool is_narrowed;
	/* Cluster policies are about the pod, and tell apart pods that share the address of the other end. */
	bool is_peer_mixed;
	const struct policy *
		*policies; /* that isolate the pod in this direction; none: it is open */
	size_t policy_count;
	/* For each isolating policy either all rules that let it in, or its nearest miss (none: no rules). */
	struct rule_reason *rules;
	size_t rule_count;
	bool allowed; /* open, or some rule lets it in; or a pod to itself; all that unless a tier says otherwise */
	bool to_itself;
	/*
	 * The same of audited policies that isolate the pod, where no other policy does and Admin does not decide: their
	 * policies, rules, and whether they allow it.  NULL: there are none.
	 */
	const struct reasons *audit;
};

/* Does a rule of the tier decide, whether or not it is asked? */
static inline bool tier_decides(const struct tier_reasons *tier)
{
	return tier->decides && tier->action != ACTION_PASS;
}

/* Who decides, by the words of the policies. */
static inline enum decider reasons_decider(const struct reasons *reasons)
{
	if (reasons->is_closed)
		return DECIDER_SHARING;
	if (tier_decides(&reasons->tiers[TIER_ADMIN]))
		return DECIDER_ADMIN;
	if (reasons->policy_count)
		return DECIDER_POLICIES;
	return tier_decides(&reasons->tiers[TIER_BASELINE]) ? DECIDER_BASELINE : DECIDER_NOBODY;
}

/* Does any cluster policy say anything about the pod in this direction? */
static inline bool reasons_have_tiers(const struct reasons *reasons)
{
	return reasons->tiers[TIER_ADMIN].policy_count ||
	       reasons->tiers[TIER_BASELINE].policy_count;
}

/*
 * The question of two parties about a port; @another: to one more pod like @from, which is @to.  Where nobody knows
 * where an address lies, it is asked about where the condition of the port is fulfilled.
 */
struct question question_of(const struct party *from, const struct party *to, bool another,
			    enum family family, const struct port_range *port);

/* EGRESS: of the pod it comes from; INGRESS: of the pod it goes to. */
struct reasons reasons_of(struct arena *arena, const struct world *world, enum direction direction,
			  const struct question *question);

/* The rule as YAML, in a normal form, each line begun with @indent. */
const char *rule_yaml(struct arena *arena, const struct world *world,
		      const struct rule_reason *rule, const char *indent);
const char *tier_rule_yaml(struct arena *arena, const struct world *world,
			   const struct tier_reason *reason, const char *indent);

/* "lockdown rule 2 \"dev\" (Deny), priority 10": a rule of a cluster policy, without its place. */
const char *tier_rule_text(struct arena *arena, const struct tier_reason *reason);

/* "Admin", "Accept". */
const char *tier_text(enum tier tier);
const char *action_text(enum action action);

#endif
