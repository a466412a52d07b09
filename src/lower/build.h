/*
 * A ruleset under construction: chains, sets and legend as they come; sorted and linked at the end.
 *
 * lower/lower.c and lower/group.c fill it.
 */
#ifndef NP2NFT_LOWER_BUILD_H
#define NP2NFT_LOWER_BUILD_H

#include "lower/cells.h"
#include "lower/first.h"
#include "lower/lower.h"
#include "lower/sets.h"
#include "ruleset/layout.h"

/* The kinds of definitions, in the order in which a union's sets are looked up. */
#define UNION_KINDS 4

struct lowering {
	struct arena *arena;
	struct arena *scratch; /* emptied after each group */
	const struct resolved *resolved;
	const struct lower_options *options;
	struct addr_forms forms;
	struct unions unions;
	struct union_sets *union_sets; /* by union */
	size_t union_sets_count;
	const struct set **comparisons; /* by definition: of a block; NULL: not made yet */
	struct table set_keys, set_names, group_names, first_keys;
	struct table node_keys; /* lists of cluster policies, to: */
	const char **node_chains;
	size_t node_chain_count;
	uint32_t *keyed_sets; /* by key in set_keys: numbers of sets */
	size_t keyed_set_count;
	uint32_t *first_sets; /* the same by key in first_keys */
	size_t first_set_count;
	struct table tier_keys; /* cluster policies of a tier, with what tells its plan, to: */
	struct tier_plan **tier_plans;
	size_t tier_plan_count;
	const struct set *
		*sets; /* each in memory of its own, since rules point to them meanwhile */
	size_t set_count;
	struct chain *chains;
	size_t chain_count;
	struct legend *legend;
	size_t legend_count;
	const struct verdict *verdict_of[DIRECTIONS]; /* by pod */
	struct verdict
		*node_verdict_of;     /* the same of what it sends to its own node; NULL: of none */
	uint32_t self_sets[FAMILIES]; /* filled when verdict_of is known */
	uint32_t mixed_sets[FAMILIES]; /* TABLE_NONE: none */
	size_t most_lookups[DIRECTIONS];
	enum decider decider; /* of rules that say nothing else */
};

/* The rules that look a union up: numbers of the sets of its definitions, by kind and family; and comparisons. */
struct union_sets {
	bool made;
	uint32_t sets[UNION_KINDS][FAMILIES]; /* index to lowering.sets; TABLE_NONE: has none */
	struct peer_union compared[FAMILIES]; /* blocks that are compared, each in a rule */
};

void build_rule(struct lowering *lowering, struct chain *chain, struct rule rule);
void build_verdict(struct lowering *lowering, struct chain *chain, enum verdict_kind kind,
		   const char *to);

/* The chain is complete. */
void build_chain(struct lowering *lowering, struct chain chain);

/* The chain where what policies do not allow in a direction ends, with an answer if the options say so. */
void build_deny_chain(struct lowering *lowering, const char *name, enum direction direction);

/* A chain where packets end without an answer. */
void build_drop_chain(struct lowering *lowering, const char *name);

/*
 * Where what cluster policies deny ends: never with an answer, and never asked about a pod that speaks to itself,
 * which they do not spare.
 */
void build_tier_deny_chain(struct lowering *lowering, const char *name, enum decider decider);

/* Yes: from an ingress chain it is final, from an egress chain the other end is asked next. */
struct verdict lower_yes(enum direction direction);

/* The address of a packet's other end. */
enum field lower_other_end(enum direction direction, enum family family);

/* A rule that accepts ICMPv6 of these types with this hop limit, which no router lets through as it is. */
struct rule accept_from_neighbours(uint8_t hoplimit, const struct set *types);

/* The types by which neighbours on a link look for each other. */
extern const struct set neighbour_discovery;

/* Keeps a set that is no union's; returns its number. */
uint32_t build_set(struct lowering *lowering, struct set set);

/* Puts into a set that was kept what it really is, which rules that look it up need not know before. */
void build_fill_set(struct lowering *lowering, uint32_t number, struct set set);

/* The set with the number is asked in an order. */
void build_mark_ordered(struct lowering *lowering, uint32_t number);

/* A rule that looks up the fields of the set with the number, without a verdict. */
struct rule build_lookup(const struct lowering *lowering, uint32_t number);

/* A rule that compares an address of the family with the block that a definition is, without a verdict. */
struct rule build_comparison(const struct lowering *lowering, uint32_t definition);

/* The sets of a union, made when it is first looked up (in @direction). */
const struct union_sets *build_union(struct lowering *lowering, uint32_t number,
				     enum direction direction);

/* The number of the set of first matches of a family, made when it is first looked up. */
uint32_t build_first(struct lowering *lowering, const struct first_match *match, enum family family,
		     enum direction direction);

/* Tells in the legend what @name stands for. */
void build_legend(struct lowering *lowering, const char *name, const char **lines, size_t count);

/* The ruleset: sorted, and rules linked to sets where they now stand. */
struct ruleset *build_end(struct lowering *lowering);

#endif
