/*
 * On which ports one party reaches another.
 *
 * In:  a world, two addresses.
 * Out: ranges of ports; or for one port, what the ruleset does with it.
 *
 * The hard idea: along the ports a verdict can change only where a map or set on the way has an element, so
 * that one packet for each such stretch is asked, and no other.
 */
#ifndef NP2NFT_ASK_REACH_H
#define NP2NFT_ASK_REACH_H

#include "ask/world.h"

/* Stretches of ports that pass; ICMP stands for every protocol without ports, and has 0 to 65535. */
struct port_range {
	enum protocol protocol;
	uint16_t first, last;
};

/* Sorted by protocol (TCP, UDP, SCTP, then ICMP) and port, not touching; none: nothing passes. */
struct reach {
	const struct port_range *ranges;
	size_t count;
};

/* Everything of every protocol? */
bool reach_is_all(const struct reach *reach);
bool reach_equal(const struct reach *a, const struct reach *b);

/* What passes in @a and not in @b. */
struct reach reach_minus(struct arena *arena, const struct reach *a, const struct reach *b);
struct reach reach_common(struct arena *arena, const struct reach *a, const struct reach *b);

/* "80/TCP, 1000-2000/UDP, ICMP"; "everything"; "nothing". */
const char *reach_text(struct arena *arena, const struct reach *reach);

/* Between addresses of one family. */
struct reach reach_between(struct arena *arena, const struct world *world, const struct addr *from,
			   const struct addr *to);

/*
 * What one end's policies alone let through: from the beginning of @chain on, to which the base chain's maps
 * send what comes from @from (@direction EGRESS) or goes to @to (INGRESS).
 */
struct reach reach_through(struct arena *arena, const struct world *world, enum direction direction,
			   const char *chain, const struct addr *from, const struct addr *to);

/* One connection. @protocol ICMP: an echo request. */
struct judgement reach_one(const struct world *world, const struct addr *from,
			   const struct addr *to, enum protocol protocol, uint16_t port);

#endif
