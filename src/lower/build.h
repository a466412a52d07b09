/*
 * A ruleset under construction: chains, sets and legend are collected as they come, and sorted and
 * linked at the end.
 *
 * In:  chains, rules and sets from lower/lower.c, lower/group.c and lower/tiers.c.  Out: a ruleset.
 */
#ifndef NP2NFT_LOWER_BUILD_H
#define NP2NFT_LOWER_BUILD_H

#include "lower/cells.h"
#include "lower/first_match.h"
#include "lower/options.h"
#include "lower/sets.h"
#include "ruleset/layout.h"

/* The number of kinds of definitions, in the order in which a union's sets are looked up. */
#define UNION_KINDS 4

struct ask;

struct lowering {
	struct arena *arena;
	struct arena *scratch; /* it is emptied after each group */
	const struct resolved *resolved;
	const struct lower_options *options;
	struct addr_forms forms;
	struct unions unions;
	struct union_sets *union_sets; /* index: union */
	size_t union_sets_count;
	/* index: definition; the comparison with a block; NULL: not made yet */
	const struct set **comparisons;
	struct table set_keys, set_names, group_names, first_keys, range_keys;
	struct table node_keys; /* keys: lists of cluster policies; the numbers are indices to: */
	const char **node_chains;
	size_t node_chain_count;
	uint32_t *keyed_sets; /* index: key in set_keys; numbers of sets */
	size_t keyed_set_count;
	uint32_t *first_sets; /* index: key in first_keys; numbers of sets */
	size_t first_set_count;
	uint32_t *range_sets; /* index: key in range_keys; numbers of sets */
	size_t range_set_count;
	/*
	 * keys: the cluster policies of a tier, with what else its rules depend on; the numbers are
	 * indices to:
	 */
	struct table tier_keys;
	struct tier_drafts **tiers;
	size_t tier_count;
	const struct set *
		*sets; /* each is allocated by itself, since rules point to it meanwhile */
	size_t set_count;
	struct chain *chains;
	size_t chain_count;
	struct legend *legend;
	size_t legend_count;
	const struct verdict *verdict_of[DIRECTIONS]; /* index: pod */
	/* index: pod; the verdict about what it sends to its own node; NULL: no pod has any */
	struct verdict *node_verdict_of;
	uint32_t self_sets[FAMILIES];  /* filled in when verdict_of is known */
	uint32_t mixed_sets[FAMILIES]; /* TABLE_NONE: there is none */
	size_t most_lookups[DIRECTIONS];
	enum decider decider;      /* of rules that say nothing else */
	const struct group *group; /* whose chains are made; NULL: they are of no group */
};

/*
 * What rules look up for a union: the sets of its definitions by kind and family, and blocks to
 * compare with.
 */
struct union_sets {
	bool made;
	/* indices to lowering.sets; TABLE_NONE: there is no such set */
	uint32_t sets[UNION_KINDS][FAMILIES];
	struct peer_union compared[FAMILIES]; /* blocks, each of which gets a rule */
};

void build_rule(struct lowering *lowering, struct chain *chain, struct rule rule);
void build_verdict(struct lowering *lowering, struct chain *chain, enum verdict_kind kind,
		   const char *to);

/* Adds a chain that is complete. */
void build_chain(struct lowering *lowering, struct chain chain);

/*
 * Adds the chain that denies what policies do not allow in a direction.  If the options say so, it
 * answers the sender.
 */
void build_deny_chain(struct lowering *lowering, const char *name, enum direction direction);

/* Adds the chain that counts what audited policies would deny; the packets go on as @next says. */
void build_audit_chain(struct lowering *lowering, const char *name, struct verdict next);

/* Adds a chain that drops packets without an answer. */
void build_drop_chain(struct lowering *lowering, const char *name);

/*
 * Adds the chain that denies what cluster policies deny.  It never answers the sender, and does not
 * spare a pod that speaks to itself, since cluster policies do not.
 */
void build_tier_deny_chain(struct lowering *lowering, const char *name, enum decider decider);

/*
 * The verdict that allows a packet: in an ingress chain it is final, from an egress chain the other
 * end is asked next.
 */
struct verdict lower_yes(enum direction direction);

/* The field with the address of a packet's other end. */
enum field lower_other_end(enum direction direction, enum family family);

/*
 * A rule that accepts ICMPv6 of these types with this hop limit.  No router forwards a packet
 * without lowering its hop limit.
 */
struct rule accept_from_neighbours(uint8_t hoplimit, const struct set *types);

/* The types of ICMPv6 by which neighbours on a link find each other. */
extern const struct set neighbour_discovery;

/* Adds a set that belongs to no union; returns its number. */
uint32_t build_set(struct lowering *lowering, struct set set);

/* Replaces a set that was added under this number.  Rules that look it up need no change. */
void build_fill_set(struct lowering *lowering, uint32_t number, struct set set);

/* Notes that the set with this number is asked in an order. */
void build_mark_ordered(struct lowering *lowering, uint32_t number);

/*
 * A rule that looks up the fields of the set with this number; its verdict is still to be filled
 * in.
 */
struct rule build_lookup(const struct lowering *lowering, uint32_t number);

/*
 * A rule that compares an address with the block of a definition; its verdict is still to be filled
 * in.
 */
struct rule build_comparison(const struct lowering *lowering, uint32_t definition);

/* The sets of a union.  They are made when one is first looked up, in @direction. */
const struct union_sets *build_union(struct lowering *lowering, uint32_t number,
				     enum direction direction);

/* The number of the set of first matches of a family.  It is made when it is first looked up. */
uint32_t build_first(struct lowering *lowering, const struct first_match *match, enum family family,
		     enum direction direction);

/*
 * The number of the set of ranges that belong to no definition.  It is made when it is first looked
 * up.
 */
uint32_t build_ranges(struct lowering *lowering, const struct ask *ask, enum family family,
		      enum direction direction);

/* Adds to the legend what @name stands for. */
void build_legend(struct lowering *lowering, const char *name, const char **lines, size_t count);

/*
 * Returns @name, or a variant if a chain has that name already.  Names that were cut end in a hash,
 * so this is for two equal hashes.
 */
const char *build_group_name(struct lowering *lowering, const char *name);

/* Adds all policies of a group to the legend, if the group's name does not name them all. */
void build_group_legend(struct lowering *lowering, const char *name, const struct group *group);

/* Ends the construction: sorts everything, and makes rules point to sets where they now stand. */
struct ruleset *build_end(struct lowering *lowering);

#endif
