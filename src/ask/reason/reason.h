/*
 * Finds out why: the policies and rules behind a verdict.
 *
 * In:  a world, a connection.  Out: for one direction, the policies that isolate the pod, and for
 * each of their rules whether it allows the connection, or by what it misses it; and what cluster
 * policies say before and after them.
 *
 * The verdict is that of the ruleset (ask/reach/reach.h); this tells which words of the policies it comes
 * from.
 */
#ifndef NP2NFT_ASK_REASON_REASON_H
#define NP2NFT_ASK_REASON_REASON_H

#include "ask/reach/reach.h"

/* One connection. */
struct question {
	struct addr from, to;      /* where the ends lie; both are of one family */
	uint32_t from_pod, to_pod; /* indices to objects.pods; ANYTHING: no pod */
	enum protocol protocol;
	uint16_t port;
	enum course course;
};

enum miss {
	MISS_NOTHING, /* the rule allows it */
	MISS_PORT,    /* the peer matches, the port does not */
	MISS_PEER,    /* the port matches, the peer does not */
	MISS_BOTH,
};

/* A rule, and how near it comes. */
struct rule_reason {
	const struct policy *policy;
	const struct policy_rule *rule;
	enum direction direction;
	enum miss miss;
	unsigned far; /* how far it misses: a lower number is more likely what was meant */
	/*
	 * why it misses, in one line: "port 8080/TCP is allowed, but app=frontend is not
	 * app=front-end"
	 */
	const char *why;
};

/* A rule of a cluster policy that was asked. */
struct tier_reason {
	const struct cluster_policy *policy;
	const struct tier_rule *rule;
	size_t number; /* number of the rule in its policy and direction, from 1 */
	enum direction direction;
	enum miss miss;
	unsigned far;
	/*
	 * why it misses, in one line: "app=web does not match app=db", "it is about 80/TCP alone"
	 */
	const char *why;
};

struct tier_reasons {
	bool is_asked; /* nothing before this tier has decided */
	/* how many policies are about the pod and have rules in this direction */
	size_t policy_count;
	enum action action; /* the tier's decision; ACTION_PASS also if no rule matches */
	const struct tier_reason *decides; /* the first rule that matches; NULL: none does */
	/* rules that did not match but came near, in the order in which they are asked */
	const struct tier_reason *near;
	size_t near_count;
	/* Another policy about the pod with the same priority as the policy that decides. */
	const struct cluster_policy *tied; /* NULL: there is none */
};

struct reasons {
	/*
	 * Between a pod and its own node @policies are those that isolate the pod, but they do not bind;
	 * nothing binds what comes from the node.
	 */
	enum course course;
	struct tier_reasons tiers[TIERS];
	/*
	 * The pod shares its address with pods under other policies, among them cluster policies.
	 */
	bool is_closed;
	/*
	 * The pod shares its address; the policies of each pod allow it, but the rules that they have in common do not:
	 * whether a port's name and a number are the same port is left out there (model/shared_address.h).
	 */
	bool is_narrowed;
	/* Cluster policies are about the pod, and tell apart pods that share the address of the other end. */
	bool is_peer_mixed;
	const struct policy *
		*policies; /* those that isolate the pod in this direction; none: it is open */
	size_t policy_count;
	/*
	 * For each policy that isolates the pod, either all rules that allow the connection, or the
	 * one that misses it least; none if the policy has no rules.
	 */
	struct rule_reason *rules;
	size_t rule_count;
	/*
	 * the pod is open, or a rule allows it, or it is a pod and itself; in all cases unless a
	 * tier decides otherwise
	 */
	bool allowed;
	bool to_itself;
	/*
	 * The same about audited policies that isolate the pod, if no other policy does and Admin
	 * does not decide.  NULL: there are none.
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
		return reasons->course == COURSE_FORWARDED ? DECIDER_POLICIES : DECIDER_NOBODY;
	return tier_decides(&reasons->tiers[TIER_BASELINE]) ? DECIDER_BASELINE : DECIDER_NOBODY;
}

/* Does any cluster policy say anything about the pod in this direction? */
static inline bool reasons_have_tiers(const struct reasons *reasons)
{
	return reasons->tiers[TIER_ADMIN].policy_count ||
	       reasons->tiers[TIER_BASELINE].policy_count;
}

/*
 * The question about two parties and a port.  @another: to another pod like @from, which is @to.
 * If nobody knows where an address lies, it is a place that fulfils the condition of the port.
 */
struct question question_of(const struct party *from, const struct party *to, bool another,
			    enum family family, const struct port_range *port);

/*
 * The reasons at one end.  EGRESS: at the pod from which it comes; INGRESS: at the pod to which it
 * goes.
 */
struct reasons reasons_of(struct arena *arena, const struct world *world, enum direction direction,
			  const struct question *question);

/* The same for those who do not ask by what rules miss: of these there is no `far`, no `why`, and of tiers no `near`. */
struct reasons reasons_that_match(struct arena *arena, const struct world *world,
				  enum direction direction, const struct question *question);

/* Writes the rule as YAML, in a normal form; each line begins with @indent. */
const char *rule_yaml(struct arena *arena, const struct world *world,
		      const struct rule_reason *rule, const char *indent);
const char *tier_rule_yaml(struct arena *arena, const struct world *world,
			   const struct tier_reason *reason, const char *indent);

/*
 * Describes a rule of a cluster policy without its place: "lockdown rule 2 \"dev\" (Deny), priority
 * 10".
 */
const char *tier_rule_text(struct arena *arena, const struct tier_reason *reason);

/* They return "Admin" and "Accept", for example. */
const char *tier_text(enum tier tier);
const char *action_text(enum action action);

#endif
