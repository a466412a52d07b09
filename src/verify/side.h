/*
 * One family and one direction of a proof, or what pods send to their own node: groups of targets, and a target paired with a peer.
 *
 * In:  the stretches of a family's addresses (verify/stretches.h), what the words say of each (verify/api_words.h), and
 *      the ways of packets through the ruleset (verify/ways.h).
 * Out: groups of targets that nobody can tell apart, neither by the words nor by the ruleset (verify/group.c); what
 *      the words say of a packet between a target and a peer, and why (verify/opinion.c).
 */
#ifndef NP2NFT_VERIFY_SIDE_H
#define NP2NFT_VERIFY_SIDE_H

#include "base/arena.h"
#include "ruleset/evaluate.h"
#include "verify/ways.h"
#include "verify/api_words.h"

struct closed_ranges;
struct verify_result;

/* What a pod of a group is under in the direction; there is one for each pod at the address. */
struct isolation {
	const uint32_t *policies; /* that isolate it */
	size_t count;
	const uint32_t *tiers; /* cluster policies, in the order in which they are asked */
	size_t tier_count;
};

struct target_group {
	const uint32_t *targets; /* indices to stretches.items */
	size_t target_count;
	const struct isolation *isolations;
	size_t isolation_count;
	/* its pods share an address, and nothing can reach them (words_is_closed()) */
	bool is_closed;
	bool names_ports; /* a rule of the direction asks for a port by its name */
	const struct way *way;
	uint32_t *places; /* where an answer can change for any peer: sorted */
	size_t place_count;
};

/* One family, and one direction of what is forwarded; or what pods send to their own node. */
struct verify_side {
	struct arena *arena;
	struct arena *scratch; /* what one group needs */
	const struct objects *objects;
	const struct words *words;
	const struct closed_ranges *closed;
	const struct ruleset *ruleset;
	const struct evaluator *evaluator;
	const struct stretches *stretches;
	enum family family;
	enum direction direction;
	bool to_node; /* the input hook's packets; only with direction EGRESS */
	struct ways *ways;
	struct bits target_sets;
	struct target_group *groups;
	size_t group_count;
	struct growing_targets {
		uint32_t *items;
		size_t count;
	} * targets; /* by group */
	struct verify_result *result;
};

/* The rules of a group's policies that mean one peer. */
struct verify_meant {
	const struct policy_rule *rule;
	size_t isolation; /* which of the group's */
	uint32_t policy;
};

/* The rules of cluster policies that mean the peer, in the order in which they are asked. */
struct meant_tier {
	const struct tier_rule *rule;
	size_t isolation;
	uint32_t policy;
};

struct verify_pairing {
	const struct target_group *group;
	const struct stretch *target, *peer;
	struct verify_meant *meant;
	size_t meant_count;
	struct meant_tier *meant_tiers;
	size_t meant_tier_count;
	/* A cluster policy of the target tells apart pods that share the peer's address; or any may do so. */
	bool is_mixed, may_be_mixed;
};

/*
 * A policy of a pod of the group.  The pod is known by its place in the group, the policy by its
 * place among those of the pod.
 */
static inline const struct policy *verify_policy(const struct verify_side *side,
						 const struct isolation *isolation, size_t i)
{
	return &side->objects->policies[isolation->policies[i]];
}

static inline const struct cluster_policy *
verify_tier_policy(const struct verify_side *side, const struct isolation *isolation, size_t i)
{
	return &side->objects->cluster_policies[isolation->tiers[i]];
}

static inline bool verify_has_addr(const struct pod *pod, const struct addr *addr)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		if (!memcmp(&pod->addrs[i], addr, sizeof(*addr)))
			return true;
	return false;
}

/* Are both addresses of one pod?  That pods share an address does not make them one. */
bool verify_share_pod(const struct verify_side *side, const struct stretch *a,
		      const struct stretch *b);

/* Appends to a key everything that the sets in @of say about an address. */
void verify_add_answers(const struct verify_side *side, struct string *key, const struct bits *of,
			const struct stretch *end);

/* Is the address in a closed range, and has no pod it?  What a pod sends to its own node is not closed. */
bool verify_is_closed(const struct verify_side *side, const struct stretch *end);

/* Makes the groups of the side. */
void verify_make_groups(struct verify_side *side);

/* Sets the group's places, which live as long as the side's scratch does. */
void verify_make_places(const struct verify_side *side, struct target_group *group);

/* Adds the numbers of all named ports of these pods to the places. */
void verify_add_named_places(const struct verify_side *side, const struct words_end *end,
			     uint32_t **places, size_t *count);

/*
 * Finds which rules of the policies that the target is under mean the peer, and appends a character
 * for each rule to the key.
 */
void verify_find_meant(const struct verify_side *side, struct verify_pairing *pairing,
		       struct string *key);

/* Do the words allow the packet, as far as the side's direction goes? */
bool verify_words_allow(const struct verify_side *side, const struct verify_pairing *pairing,
			uint8_t protocol, uint16_t port);

/* Says in words why verify_words_allow() gives its answer. */
const char *verify_reason(const struct verify_side *side, const struct verify_pairing *pairing,
			  uint8_t protocol, uint16_t port);

/* Does a tier deny, at its other end, a packet that comes back to the pod that sent it? */
bool verify_peer_denies(const struct verify_side *side, const struct verify_pairing *pairing,
			uint8_t protocol, uint16_t port);

#endif
