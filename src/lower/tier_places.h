/*
 * The rules of a tier, in their order, and the nodes of the trees of ports at which they stand.
 *
 * In:  the cluster policies of a group in one tier.  Out: for each node its own rules and those above
 * it, and whether it is asked as it is written or resolved (lower/tier_order.h).
 */
#ifndef NP2NFT_LOWER_TIER_PLACES_H
#define NP2NFT_LOWER_TIER_PLACES_H

#include "base/table.h"
#include "lower/cell_tree.h"
#include "lower/tier_plan.h"

/* A node with more runs of rules than this is resolved. */
#define RUNS_MAX 3

/* A rule of the tier, on some ports or on all; its number is its place in the order. */
struct ordered_rule {
	const struct cluster_policy *policy;
	uint32_t rule; /* index to the policy's rules */
	enum action action;
	const struct peer_list *peers;
	uint32_t *lists; /* its peers: those that are lists of addresses, and the others */
	size_t list_count;
	uint32_t *blocks;
	size_t block_count;
};

/* A range of ports on which a rule holds. */
struct held {
	uint32_t rule;
	enum protocol protocol;
	uint16_t first, last;
};

/*
 * A rule about a named port of its peers, in egress: for each peer it holds on the peer's own port.
 */
struct named_rule {
	uint32_t rule;
	const struct peer_list *peers; /* of DEFINITION_NAMED */
};

/* The rules of one node, and those of the nodes above it. */
struct ordered_place {
	struct rule_list {
		uint32_t *rules; /* ascending */
		size_t count;
	} own, above;
	bool is_resolved; /* it is resolved, not asked as it is written */
	/*
	 * What is asked there, and what is asked of its blocks if they trail.  Both are found out
	 * for the first leaf that asks.
	 */
	bool is_found, blocks_are_found;
	struct asks asks, blocks;
};

/* The places of the tree of one protocol. */
struct protocol_tree {
	enum protocol protocol;
	uint32_t *edges; /* interval i is edges[i] to edges[i + 1] - 1 */
	size_t edge_count;
	uint32_t *leaf_of; /* index: interval; TABLE_NONE: no rule holds there */
	struct cell_tree *tree;
	struct ordered_place *places[LEVELS_MAX];
};

struct ordering {
	struct arena *arena;
	const struct resolved *resolved;
	struct unions *unions;
	const struct group *group;
	enum tier tier;
	struct tier_plan *plan;
	struct ordered_rule *rules;
	size_t rule_count;
	struct held *held;
	size_t held_count;
	struct named_rule *named;
	size_t named_count;
	struct ordered_place root;
	struct protocol_tree trees[3];
	size_t tree_count;
	bool trails; /* some node has blocks that trail */
	struct table targets, firsts;
	struct first_match **first_of; /* index: number in firsts */
	size_t first_count;
};

/*
 * Takes the rules, places them in the trees, and decides for each node how it is asked.  The rest of
 * @ordering must be filled in.
 */
void ordering_place_rules(struct ordering *ordering);

/* Merges two ascending lists. */
struct rule_list rule_list_join(struct arena *arena, const struct rule_list *a,
				const struct rule_list *b);

/* Do all rules of @first come before all of @then? */
bool rule_list_precedes(const struct rule_list *first, const struct rule_list *then);

/* How many runs of rules with the same action the list has. */
size_t ordering_runs(const struct ordering *ordering, const struct rule_list *list);

bool ordering_has_blocks(const struct ordering *ordering, const struct rule_list *list);

/* Do all rules of the list have the action? */
bool ordering_all_say(const struct ordering *ordering, const struct rule_list *list,
		      enum action action);

/* What is decided, as far as lists of addresses show, about an address that no rule matches. */
enum otherwise ordering_otherwise(const struct ordering *ordering);

#endif
