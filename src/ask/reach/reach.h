/*
 * Finds the ports on which one party reaches another.
 *
 * In:  a world, two addresses.  Out: ranges of ports; or what the ruleset does with one port.
 *
 * The hard idea: along the ports, a verdict can change only where a map or set on the way has an
 * element.  So one packet is asked about for each stretch between two such places, and no other.
 */
#ifndef NP2NFT_ASK_REACH_REACH_H
#define NP2NFT_ASK_REACH_REACH_H

#include "ask/world/unknown_address.h"
#include "ask/world/world.h"

/*
 * Stretches of ports that pass.  ICMP stands for every protocol without ports, and has the range 0
 * to 65535.
 */
struct port_range {
	enum protocol protocol;
	uint16_t first, last;
	const struct condition *only_if; /* NULL: always */
};

/*
 * Sorted by protocol (TCP, UDP, SCTP, then ICMP) and port.  Ranges that touch have different
 * conditions.  If there is no range, nothing passes.
 */
struct reach {
	const struct port_range *ranges;
	size_t count;
};

/* Does everything of every protocol pass? */
bool reach_is_all(const struct reach *reach);
bool reach_equal(const struct reach *a, const struct reach *b);

/* What passes in @a and not in @b; in both; in either. */
struct reach reach_minus(struct arena *arena, const struct reach *a, const struct reach *b);
struct reach reach_common(struct arena *arena, const struct reach *a, const struct reach *b);
struct reach reach_either(struct arena *arena, const struct reach *a, const struct reach *b);

bool reach_is_certain(const struct reach *reach);

/* The part that passes wherever the addresses lie. */
struct reach reach_certain(struct arena *arena, const struct reach *reach);

/* The part that passes over one family, of a list that was made for both. */
struct reach reach_within(struct arena *arena, const struct reach *reach, enum family family);

/* Is the @i-th range the first with its condition? */
bool reach_tells_first(const struct reach *reach, size_t i);

/* The range that has the port; NULL: it does not pass. */
const struct port_range *reach_find(const struct reach *reach, enum protocol protocol,
				    uint16_t port);

/*
 * Writes "80/TCP, 1000-2000/UDP, ICMP"; "everything"; "nothing"; "80/TCP; 443/TCP if its address
 * lies in 10.0.0.0/8".
 */
const char *reach_text(struct arena *arena, const struct reach *reach);

/*
 * The way of packets on the node.  What passes between a pod and the node on which it runs is not
 * forwarded: what the pod sends there meets its cluster policies, but no NetworkPolicy; what it gets
 * from there meets no policy.
 */
enum course { COURSE_FORWARDED, COURSE_TO_OWN_NODE, COURSE_FROM_OWN_NODE };

/*
 * The chain of the policies of one end, whose address is @addr: of the source (@direction EGRESS), or
 * of the destination.  NULL: packets on this course meet none.
 */
const char *reach_chain(const struct world *world, enum course course, enum direction direction,
			const struct addr *addr);

/* An end in the form in which the ruleset is asked about it. */
struct spot {
	struct addr addr; /* the address that decides which sets of pods' addresses it is in */
	/* nobody knows where it lies, so that for sets of ranges each place is asked about */
	bool anywhere;
};

/* The spot of a party, in a family that it has.  @another: of another pod like it. */
struct spot spot_of(const struct party *party, enum family family, bool another);

/*
 * Can a connection between the two be asked about in the family? Both must have the family.  A
 * running pod of which only the other family is known is asked about in this one only together with
 * addresses outside, because that is what policies say about those.
 */
bool parties_meet(const struct party *a, const struct party *b, enum family family);

/* What passes between two ends in one family. */
struct reach reach_of(struct arena *arena, const struct world *world, enum course course,
		      const struct spot *from, const struct spot *to);

/* What passes between two addresses of one family, which lie where they say. */
struct reach reach_between(struct arena *arena, const struct world *world, const struct addr *from,
			   const struct addr *to);

/*
 * What the policies of one end alone let through, from the beginning of @chain on.  The base
 * chain's maps send there what comes from @from (@direction EGRESS) or goes to @to (INGRESS).  The
 * chain looks at the other end, @other, and never at its own.
 */
struct reach reach_through(struct arena *arena, const struct world *world, enum direction direction,
			   const char *chain, const struct spot *other);

/* What may happen to a packet at one end: it is allowed or denied, by one of the deciders. */
#define OUTCOMES (2 * (size_t)DECIDERS)
static inline size_t outcome(bool allowed, enum decider decider)
{
	return (allowed ? 0 : (size_t)DECIDERS) + (size_t)decider;
}

/* What reach_through() finds, as one list for each outcome(). */
void reach_decided(struct arena *arena, const struct world *world, enum direction direction,
		   const char *chain, const struct spot *other, struct reach reaches[OUTCOMES]);

/* What the ruleset does with one forwarded connection.  @protocol ICMP is an echo request. */
struct judgement reach_one(const struct world *world, const struct addr *from,
			   const struct addr *to, enum protocol protocol, uint16_t port);

/* The same on any course, if for sets of ranges the ends lie elsewhere than at their addresses. */
struct judgement reach_one_at(const struct world *world, enum course course,
			      const struct addr *from, const uint8_t *from_at,
			      const struct addr *to, const uint8_t *to_at, enum protocol protocol,
			      uint16_t port);

#endif
