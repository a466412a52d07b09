/*
 * Plans what one tier of a group asks about a packet, and in which order.
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
 * - Any other node is resolved (lower/first_match.h): it gets at most one set each for who is denied,
 *   accepted and passed first.  Its blocks cannot be resolved together with lists of addresses, so
 *   they trail: they are asked after the lists of all nodes, again from leaf to root.  The nodes
 *   above one with trailing blocks are resolved, too.
 *
 * Which way a node goes depends on rules only, never on pods.  A packet makes at most 3 look-ups at
 * each node (for runs or for actions), and at most as many again for blocks, whatever the number of
 * policies.
 */
#ifndef NP2NFT_LOWER_TIER_ORDER_H
#define NP2NFT_LOWER_TIER_ORDER_H

#include "lower/tier_plan.h"

/* Makes the plan in @arena; unions are added to @unions. */
struct tier_plan *plan_tier(struct arena *arena, const struct resolved *resolved,
			    const struct group *group, enum tier tier, struct unions *unions);

#endif
