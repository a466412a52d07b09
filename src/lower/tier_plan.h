/*
 * The plan of a tier: what its packets are asked, and in which order (lower/tier_order.h makes it).
 */
#ifndef NP2NFT_LOWER_TIER_PLAN_H
#define NP2NFT_LOWER_TIER_PLAN_H

#include "lower/cells.h"
#include "lower/first_match.h"

enum ask_kind {
	ASK_UNION,  /* does one of these definitions mean the other end? */
	ASK_FIRST,  /* is the other end in a set of first matches? */
	ASK_RANGES, /* is the other end in one of these ranges? */
};

/* One question about a packet's other end, and what is done with the packet if the answer is yes. */
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

#endif
