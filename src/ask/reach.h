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

#include "ask/condition.h"
#include "ask/world.h"

/* Stretches of ports that pass; ICMP stands for every protocol without ports, and has 0 to 65535. */
struct port_range {
	enum protocol protocol;
	uint16_t first, last;
	const struct condition *only_if; /* NULL: always */
};

/*
 * Sorted by protocol (TCP, UDP, SCTP, then ICMP) and port; neighbours that touch differ in their conditions.  None:
 * nothing passes.
 */
struct reach {
	const struct port_range *ranges;
	size_t count;
};

/* Everything of every protocol? */
bool reach_is_all(const struct reach *reach);
bool reach_equal(const struct reach *a, const struct reach *b);

/* What passes in @a and not in @b; in both; in either. */
struct reach reach_minus(struct arena *arena, const struct reach *a, const struct reach *b);
struct reach reach_common(struct arena *arena, const struct reach *a, const struct reach *b);
struct reach reach_either(struct arena *arena, const struct reach *a, const struct reach *b);

bool reach_is_certain(const struct reach *reach);

/* What passes wherever the addresses lie. */
struct reach reach_certain(struct arena *arena, const struct reach *reach);

/* What of it passes over one family, if it was of both. */
struct reach reach_within(struct arena *arena, const struct reach *reach, enum family family);

/* The stretch that has the port; NULL: it does not pass. */
const struct port_range *reach_find(const struct reach *reach, enum protocol protocol,
				    uint16_t port);

/* "80/TCP, 1000-2000/UDP, ICMP"; "everything"; "nothing"; "80/TCP; 443/TCP if its address lies in 10.0.0.0/8". */
const char *reach_text(struct arena *arena, const struct reach *reach);

/* An end as the ruleset is asked about it. */
struct spot {
	struct addr addr; /* that sets of pods' addresses have, or have not */
	bool anywhere; /* nobody knows where it lies: of sets of ranges each place is asked about */
};

/* The spot of a party in a family that it has; @another: of one more such pod. */
struct spot spot_of(const struct party *party, enum family family, bool another);

/*
 * Is there anything to ask between the two in the family?  Both must have it.  A pod that runs and of which only
 * the other family is known is asked about this one only with addresses outside: that is what policies say of them.
 */
bool parties_meet(const struct party *a, const struct party *b, enum family family);

/* What passes between two, of one family. */
struct reach reach_of(struct arena *arena, const struct world *world, const struct spot *from,
		      const struct spot *to);

/* Between addresses of one family, which lie where they say. */
struct reach reach_between(struct arena *arena, const struct world *world, const struct addr *from,
			   const struct addr *to);

/*
 * What one end's policies alone let through: from the beginning of @chain on, to which the base chain's maps
 * send what comes from @from (@direction EGRESS) or goes to @to (INGRESS).  The chain looks at the other end,
 * @other, and never at its own.
 */
struct reach reach_through(struct arena *arena, const struct world *world, enum direction direction,
			   const char *chain, const struct spot *other);

/* What may become of a packet at one end: allowed or denied, and by whom. */
#define OUTCOMES (2 * (size_t)DECIDERS)
static inline size_t outcome(bool allowed, enum decider decider)
{
	return (allowed ? 0 : (size_t)DECIDERS) + (size_t)decider;
}

/* The same by outcome(): what each decider allows, and what it denies. */
void reach_decided(struct arena *arena, const struct world *world, enum direction direction,
		   const char *chain, const struct spot *other, struct reach reaches[OUTCOMES]);

/* One connection. @protocol ICMP: an echo request. */
struct judgement reach_one(const struct world *world, const struct addr *from,
			   const struct addr *to, enum protocol protocol, uint16_t port);

/* The same where the ends lie elsewhere than at their addresses: as sets of ranges see it. */
struct judgement reach_one_at(const struct world *world, const struct addr *from,
			      const uint8_t *from_at, const struct addr *to, const uint8_t *to_at,
			      enum protocol protocol, uint16_t port);

#endif
