/*
 * What a ruleset does with the first packet of a connection.
 *
 * In:  a ruleset of lower/lower.c, the very data that is printed and applied; a packet.
 * Out: accepted or not; if not, the chain that denies and the pod whose policies say so.
 *
 * Evaluation is reentrant: an evaluator is only read once it is made.
 */
#ifndef NP2NFT_RULESET_EVALUATE_H
#define NP2NFT_RULESET_EVALUATE_H

#include "base/addr.h"
#include "ruleset/ruleset.h"

struct arena;
struct evaluator;

/* As the forward hook sees it: behind DNAT, before SNAT.  New to conntrack; of TCP a SYN. */
struct packet {
	enum family family;
	uint8_t saddr[16], daddr[16]; /* network byte order, the first family_len() bytes */
	uint8_t protocol;             /* as in the IP header */
	uint16_t dport;               /* host byte order; 0 where the protocol has no ports */
	uint8_t icmpv6_type;          /* of protocol 58 */
	uint8_t hoplimit;             /* of IPv6; 0: any that is no matter of a link */
	/*
	 * It may be one that does not leave a link (to a group, from a link-local address).  The base chain
	 * has rules for those which hold whatever policies say; otherwise only policies are asked.
	 */
	bool may_stay_on_link;
	/*
	 * Where the addresses lie, which sets of ranges are asked about; NULL: at saddr and daddr.  So a pod of
	 * which only the labels are known is asked about at any place.
	 */
	const uint8_t *saddr_at, *daddr_at;
};

struct judgement {
	bool accepted;
	bool final; /* an `accept` said so, and what the base chain would ask next is not asked */
	const char *chain; /* that denied; otherwise NULL */
	/* Whose rule gave the verdict; where both ends are asked, of the one that was asked last. */
	enum decider decider;
	/* The comment of the base chain's map element through which the packet got there: the pod. */
	const char *pod; /* NULL if accepted, or if the element has no comment */
};

/* The element that has the key (KEY_MAX bytes, as struct set keeps them); set->count if none has. */
size_t set_find(const struct set *set, const uint8_t *key);

/* The element of a set of ranges of addresses in which the address lies; set->count if there is none. */
size_t set_find_range(const struct set *set, const uint8_t *addr);

/* Indexes the ruleset's chains once; both must outlive it.  Lives in @arena. */
struct evaluator *evaluator_new(struct arena *arena, const struct ruleset *ruleset);

/* Is any address of the family in the maps of the base chain?  If not, all of it is accepted. */
bool evaluator_enforces(const struct evaluator *evaluator, enum family family);

/*
 * The chain to which the base chain's maps send packets from (@source) or to this address; NULL if they
 * leave them alone.
 */
const char *evaluator_chain(const struct evaluator *evaluator, bool source, enum family family,
			    const uint8_t *addr);

struct judgement evaluate(const struct evaluator *evaluator, const struct packet *packet);

/*
 * The same for one end alone: the base chain's maps of the other end's addresses are passed over.  With
 * @source, what is left is the source's egress, else the destination's ingress.
 */
struct judgement evaluate_end(const struct evaluator *evaluator, bool source,
			      const struct packet *packet);

/* The same of a packet to an address of the node itself, which the hook input meets. */
struct judgement evaluate_input(const struct evaluator *evaluator, const struct packet *packet);

/* The same from the beginning of this chain on; what returns from it is accepted. */
struct judgement evaluate_from(const struct evaluator *evaluator, const char *chain,
			       const struct packet *packet);

#endif
