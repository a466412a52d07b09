/*
 * Compares a rule with a connection, for ask/reason/reason.c.
 *
 * In:  a connection as one direction sees it, a rule.  Out: whether its peers and its ports match;
 * if not, by how much they miss, and why, in words.
 */
#ifndef NP2NFT_ASK_REASON_RULE_H
#define NP2NFT_ASK_REASON_RULE_H

#include "model/objects.h"

struct arena;
struct question;
struct tier_reasons;
struct world;

/* A connection, as the rules of one direction see it. */
struct asked_connection {
	struct arena *arena;
	const struct world *world;
	const struct question *question;
	enum direction direction;
	const struct pod *peer;   /* the other end; NULL: an address of no pod */
	const struct addr *addr;  /* the other end's */
	uint32_t peer_pod;        /* its index */
	const struct pod *target; /* the destination; NULL: its address belongs to no pod */
	const char *namespace; /* of the policy whose rules are asked; "": it is a cluster policy */
	bool only_matches;     /* nobody asks by what rules miss, which takes far longer to say */
};

/* How much a rule misses; a larger number is farther away. */
struct distance {
	unsigned far;
	const char *why;
};

bool peers_match(const struct asked_connection *asked, const struct policy_rule *rule);
bool ports_match(const struct asked_connection *asked, const struct policy_rule *rule);

/* If no peer matches, the nearest: "app=frontend does not match app=front-end". */
struct distance peers_miss(const struct asked_connection *asked, const struct policy_rule *rule);

/* If no port matches, the nearest: "80/TCP, 443/TCP and 2 more". */
struct distance ports_miss(const struct asked_connection *asked, const struct policy_rule *rule);

/* Describes the peer that matches; *broad becomes true if it would match nearly anyone. */
const char *peer_that_matches(const struct asked_connection *asked, const struct policy_rule *rule,
			      bool *broad);

/* Writes "8080/TCP" or "ICMP". */
const char *port_asked(const struct asked_connection *asked);

/* What a tier says about a connection of @pod. */
struct tier_reasons tier_reasons_of(const struct asked_connection *asked, enum direction direction,
				    enum tier tier, const struct pod *pod);

#endif
