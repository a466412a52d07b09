/*
 * Goes through the rules of all policies, of both kinds.
 *
 * In:  objects.  Out: calls, in the order of the policies: first NetworkPolicies, then cluster
 * policies, of each its ingress rules and then its egress rules.
 *
 * Whoever wants to know what policies ask for (labels, blocks, ports …) must not forget one of the
 * two kinds.
 */
#ifndef NP2NFT_MODEL_RULES_H
#define NP2NFT_MODEL_RULES_H

#include "model/objects.h"

/* A rule, reduced to what rules of both kinds of policies have. */
struct any_rule {
	const char *namespace; /* that of its policy; "": it is a cluster policy, which has none */
	const struct peer *peers;
	size_t peer_count;
	const struct port *ports;
	size_t port_count;
};

typedef void (*rule_visit)(void *context, const struct any_rule *rule);

/* Calls @visit for each rule of each policy of the input. */
void objects_each_rule(const struct objects *objects, rule_visit visit, void *context);

/*
 * Gets a selection of pods: a peer of kind PEER_PODS of a rule, or the pods that a policy is about,
 * written as such a peer.  @namespace is that of the policy ("": it has none); @peer is valid during
 * the call only, but its selectors live as long as the objects.
 */
typedef void (*selection_visit)(void *context, const char *namespace, const struct peer *peer);

/*
 * Calls @visit for each selection of pods: for each policy the pods that it is about, then the peers
 * of its rules.
 */
void objects_each_selection(const struct objects *objects, selection_visit visit, void *context);

#endif
