/*
 * Rules against pods that are not known yet.
 *
 * In:  a ruleset; the ranges in which this node's pods have their addresses; the pods that are known.
 * Out: the ruleset with rules that deny, in those ranges, what is from or for an address of no known pod.
 *
 * A pod's network works before anybody can know which policies it is under.  Until then it gets nothing here, but from
 * and to its own node, whose packets are not forwarded.
 *
 * The hard idea: only what begins a connection gets here, behind the rule for what is established.  And an address
 * becomes known when all else about it is in force, and stops being so before any of it goes (change/elements.c).
 */
#ifndef NP2NFT_LOWER_CLOSED_H
#define NP2NFT_LOWER_CLOSED_H

#include "base/addr.h"
#include "model/objects.h"
#include "ruleset/ruleset.h"

struct arena;

/* Ranges of addresses, by family; merged. */
struct closed_ranges {
	struct range *ranges[FAMILIES];
	size_t count[FAMILIES];
};

/* CIDRs with commas between, into @arena.  False: *wrong is one that is no CIDR. */
bool closed_ranges_parse(struct arena *arena, const char *text, struct closed_ranges *ranges,
			 const char **wrong);

bool closed_ranges_have(const struct closed_ranges *ranges, const struct addr *addr);

/* Without ranges it is as @ruleset is.  The result shares what @ruleset has, and lives in @arena. */
struct ruleset *close_unknown(struct arena *arena, const struct ruleset *ruleset,
			      const struct closed_ranges *ranges, const struct objects *known);

#endif
