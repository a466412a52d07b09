/*
 * A ruleset under construction: chains, sets and legend as they come; sorted and linked at the end.
 *
 * lower/lower.c and lower/group.c fill it.
 */
#ifndef NP2NFT_LOWER_BUILD_H
#define NP2NFT_LOWER_BUILD_H

#include "lower/cells.h"
#include "lower/lower.h"
#include "lower/sets.h"
#include "ruleset/layout.h"
#include "ruleset/layout.h"

/* The kinds of definitions, in the order in which a union's sets are looked up. */
#define UNION_KINDS 3

struct lowering {
	struct arena *arena;
	struct arena *scratch; /* emptied after each group */
	const struct resolved *resolved;
	const struct lower_options *options;
	struct addr_forms forms;
	struct unions unions;
	struct union_sets *union_sets; /* by union */
	size_t union_sets_count;
	struct table set_keys, set_names, group_names;
	const struct set **sets; /* each in memory of its own, since rules point to them meanwhile */
	size_t set_count;
	struct chain *chains;
	size_t chain_count;
	struct legend *legend;
	size_t legend_count;
	const struct verdict *verdict_of[DIRECTIONS]; /* by pod */
	size_t most_lookups[DIRECTIONS];
};

/* The rules that look a union up: numbers of the sets of its definitions, by kind and family. */
struct union_sets {
	bool made;
	uint32_t sets[UNION_KINDS][FAMILIES]; /* index to lowering.sets; TABLE_NONE: has none */
};

void build_rule(struct lowering *lowering, struct chain *chain, struct rule rule);
void build_verdict(struct lowering *lowering, struct chain *chain, enum verdict_kind kind,
		   const char *to);

/* The chain is complete. */
void build_chain(struct lowering *lowering, struct chain chain);

/* The chain where what is not allowed ends, with an answer if the options say so; @comment may be NULL. */
void build_deny_chain(struct lowering *lowering, const char *name, const char *comment);

/* The same, never with an answer. */
void build_drop_chain(struct lowering *lowering, const char *name, const char *comment);

/* Keeps a set that is no union's; returns its number. */
uint32_t build_set(struct lowering *lowering, struct set set);

/* A rule that looks up the fields of the set with the number, without a verdict. */
struct rule build_lookup(const struct lowering *lowering, uint32_t number);

/* The sets of a union, made when it is first looked up (in @direction). */
const struct union_sets *build_union(struct lowering *lowering, uint32_t number,
				     enum direction direction);

/* Tells in the legend what @name stands for. */
void build_legend(struct lowering *lowering, const char *name, const char **lines, size_t count);

/* The ruleset: sorted, and rules linked to sets where they now stand. */
struct ruleset *build_end(struct lowering *lowering);

#endif
