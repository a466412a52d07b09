/*
 * Adds rules that deny packets of pods that are not known yet.
 *
 * In:  a ruleset; the ranges in which this node's pods have their addresses; the pods that are
 * known.  Out: the ruleset, with rules that deny packets from and to each address in these ranges
 * that belongs to no known pod.
 *
 * A pod's network works before anybody can know which policies it is under.  Until they are known,
 * the pod reaches nothing and nothing reaches it, except its own node, whose packets are not
 * forwarded.
 *
 * The hard idea: only packets that begin a connection meet these rules, because they stand behind
 * the rule for established ones.  An address becomes known after everything else about it is in
 * force, and stops being known before any of that goes (change/elements.c).
 */
#ifndef NP2NFT_LOWER_CLOSED_RANGES_H
#define NP2NFT_LOWER_CLOSED_RANGES_H

#include "base/addr.h"
#include "model/objects.h"
#include "ruleset/ruleset.h"

struct arena;

/*
 * Ranges of addresses by family, merged.  They have nothing to do with closed policies and rules
 * (is_closed), which allow nothing.
 */
struct closed_ranges {
	struct range *ranges[FAMILIES];
	size_t count[FAMILIES];
};

/*
 * Parses CIDRs that are separated by commas, into @arena.  Returns NULL, or words about the first
 * that is no CIDR, or is written in an unusual way (enum cidr_oddity).
 */
const char *closed_ranges_parse(struct arena *arena, const char *text,
				struct closed_ranges *ranges);

/* The ranges in which the node's pods get their addresses. */
struct closed_ranges closed_ranges_of_node(struct arena *arena, const struct cluster_node *node);

bool closed_ranges_are_same(const struct closed_ranges *a, const struct closed_ranges *b);

/* What a user writes in the place of ranges for those of the node. */
#define CLOSED_RANGES_OF_NODE "node"

bool closed_ranges_have(const struct closed_ranges *ranges, const struct addr *addr);

/*
 * Adds the rules.  Without ranges, the result is like @ruleset.  It shares data with @ruleset, and
 * lives in @arena.
 */
struct ruleset *closed_ranges_add(struct arena *arena, const struct ruleset *ruleset,
				  const struct closed_ranges *ranges, const struct objects *known);

#endif
