/*
 * What a tier of a group asks, and in which order.
 *
 * In:  the rules of the group's cluster policies of one tier, in their order, overlapping as they like.
 * Out: a plan: what is asked of named ports, which cell a packet's protocol and port are in, what is asked there, and
 *      what is asked of every packet.  The first that knows the packet's other end says accept, deny or pass; if none
 *      does, the tier passes it on, unless it is closed.
 *
 * The hard idea: cells and tree are those of lower/cells.h.  A rule stands at the highest nodes of the tree whose
 * cells it covers, those for every protocol at the root of all, and a packet asks from its leaf to that root.  The
 * order of the rules is kept in one of two ways:
 *
 * - A node whose rules all come before those of the nodes above it, and of which no more than RUNS_MAX runs have one
 *   action, is asked as it is written: run by run, in sets that other rules use as well.
 * - Any other node is resolved (lower/first.h): who is denied, accepted and passed first, at most a set each.  Its
 *   blocks cannot be resolved together with lists of addresses, so they trail: they are asked when the lists of all
 *   nodes are through, again from leaf to root.  Nodes above one with trailing blocks are resolved, too.
 *
 * Which way a node goes depends on rules alone, never on pods.  Look-ups of a packet are at most 3 a node (as many as
 * runs, or actions), whatever the number of policies; each is made again for blocks.
 */
#ifndef NP2NFT_LOWER_ORDERED_H
#define NP2NFT_LOWER_ORDERED_H

#include "lower/cells.h"
#include "lower/first.h"

#define RUNS_MAX 3

enum ask_kind {
	ASK_UNION,  /* is it one of these definitions? */
	ASK_FIRST,  /* is it in a set of first matches? */
	ASK_RANGES, /* is it in one of these ranges of addresses? */
};

struct ask {
	enum ask_kind kind;
	enum action action;
	uint32_t number;                      /* ASK_UNION: of the union */
	const struct first_match *first;      /* ASK_FIRST */
	const struct range *ranges[FAMILIES]; /* ASK_RANGES: disjoint */
	size_t range_count[FAMILIES];
	const char *name, *words; /* of sets of them: without the family; a comment */
	const char *comment;      /* which rules say it */
};

struct asks {
	struct ask *items;
	size_t count;
};

/* What is asked in the cells of a target. */
struct tier_target {
	struct asks asks;
	bool is_whole; /* what is asked of every packet is among it; if not, that comes next */
};

struct tier_plan {
	struct asks named;
	struct plan ports; /* cells, and how many targets they lead to */
	struct tier_target *targets;
	struct asks every;
	bool is_closed; /* what is not answered is denied: a rule that is closed says so */
};

/* Makes the plan, in @arena; unions are added to @unions. */
struct tier_plan *plan_tier(struct arena *arena, const struct resolved *resolved,
			    const struct group *group, enum tier tier, struct unions *unions);

#endif
