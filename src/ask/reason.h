/*
 * Why: the policies and rules behind a verdict.
 *
 * In:  a world, a connection.
 * Out: for one direction, which policies isolate the pod, and for each of their rules whether it lets the
 *      connection in, or by what it misses it.
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

struct reasons {
	const struct policy *
		*policies; /* that isolate the pod in this direction; none: it is open */
	size_t policy_count;
	/* For each isolating policy either all rules that let it in, or its nearest miss (none: no rules). */
	struct rule_reason *rules;
	size_t rule_count;
	bool allowed; /* open, or some rule lets it in; or a pod to itself */
	bool to_itself;
};

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

#endif
