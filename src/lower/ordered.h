/*
 * What packets are asked by one tier of a group, and in which order.
 *
 * In:  the rules of the group's cluster policies of one tier, in their order, which may overlap.
 * Out: a plan: what is asked about named ports, which cell a packet's protocol and port are in,
 * what is asked in that cell, and what is asked of every packet.  The first set that has the
 * packet's other end decides: accept, deny or pass.  If none has it, the tier passes the packet on,
 * unless the tier is closed.
 *
 * The hard idea: the cells and the tree over them are those of lower/cells.h.  A rule stands at the
 * highest nodes of the tree whose cells it covers, and a rule for every protocol at the root above
 * all trees.  A packet asks the nodes from its leaf to that root.  The order of the rules is kept
 * in one of two ways:
 *
 * - If all rules of a node come before those of the nodes above it, and no action has more than
 *   RUNS_MAX runs of rules among them, the node is asked as it is written: run by run, in sets that
 *   other rules share.
 * - Any other node is resolved (lower/first.h): it gets at most one set each for who is denied,
 *   accepted and passed first.  Its blocks cannot be resolved together with lists of addresses, so
 *   they trail: they are asked after the lists of all nodes, again from leaf to root.  The nodes
 *   above one with trailing blocks are resolved, too.
 *
 * Which way a node goes depends on rules only, never on pods.  A packet makes at most 3 look-ups at
 * each node (for runs or for actions), and at most as many again for blocks, whatever the number of
 * policies.
 */
#ifndef NP2NFT_LOWER_ORDERED_H
#define NP2NFT_LOWER_ORDERED_H

#include "lower/cells.h"
#include "lower/first.h"

#define RUNS_MAX 3

enum ask_kind {
	ASK_UNION,  /* does one of these definitions mean the other end? */
	ASK_FIRST,  /* is the other end in a set of first matches? */
	ASK_RANGES, /* is the other end in one of these ranges? */
};

struct ask {
	enum ask_kind kind;
	enum action action;
	uint32_t number;                      /* of ASK_UNION: the number of the union */
	const struct first_match *first;      /* of ASK_FIRST */
	const struct range *ranges[FAMILIES]; /* of ASK_RANGES: disjoint */
	size_t range_count[FAMILIES];
	/* of ASK_RANGES: the name of the sets, without the family, and their comment */
	const char *name, *words;
	const char *comment; /* the rules that decide so */
};

struct asks {
	struct ask *items;
	size_t count;
};

/* What is asked in the cells that have this target. */
struct tier_target {
	struct asks asks;
	bool is_whole; /* it includes what is asked of every packet; if false, that is asked next */
};

struct tier_plan {
	struct asks named;
	struct plan ports; /* the cells, and the number of targets */
	struct tier_target *targets;
	struct asks every;
	bool is_closed; /* a closed rule demands that everything undecided is denied */
};

/* Makes the plan in @arena; unions are added to @unions. */
struct tier_plan *plan_tier(struct arena *arena, const struct resolved *resolved,
			    const struct group *group, enum tier tier, struct unions *unions);

#endif
