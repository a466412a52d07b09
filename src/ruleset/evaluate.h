/*
 * What a ruleset does with the first packet of a connection.
 *
 * In:  a ruleset of lower/lower.c, in the form that is printed and applied; a packet.  Out: whether
 * the packet is accepted; if not, the chain that denies it and the pod whose policies demand that.
 *
 * An evaluator does not change once it is made, so that several threads may use it.
 */
#ifndef NP2NFT_RULESET_EVALUATE_H
#define NP2NFT_RULESET_EVALUATE_H

#include "base/addr.h"
#include "ruleset/ruleset.h"

struct arena;
struct evaluator;

/*
 * The first packet of a connection, as the forward hook sees it: behind DNAT and before SNAT, new
 * to conntrack, and with SYN if it is TCP.
 */
struct packet {
	enum family family;
	uint8_t saddr[16], daddr[16]; /* network byte order, the first family_len() bytes */
	uint8_t protocol;             /* the number in the IP header */
	uint16_t dport;               /* host byte order; 0 where the protocol has no ports */
	uint8_t icmpv6_type;          /* only for protocol 58 */
	uint8_t hoplimit;             /* of IPv6; 0: one that no rule asks for */
	/*
	 * The packet may be one that does not leave its link (it goes to a group, or comes from a
	 * link-local address).  If this is set, the rules of the base chain for such packets are
	 * asked, too; they hold whatever policies say.
	 */
	bool may_stay_on_link;
	/*
	 * If these are not NULL, sets of ranges are asked about them instead of @saddr and @daddr.
	 * So a question can be asked about a pod of which only the labels are known, as if it had
	 * any address.
	 */
	const uint8_t *saddr_at, *daddr_at;
};

struct judgement {
	bool accepted;
	bool final; /* an `accept` ended the walk, so that no further rule is asked */
	const struct chain *chain; /* the chain that denied the packet; NULL: it is accepted */
	/* on whose behalf the verdict was given; if both ends are asked, at the end asked last */
	enum decider decider;
	/*
	 * the last chain that counted the packet as one that audited policies would deny; NULL:
	 * none did, or the ruleset was read back
	 */
	const struct chain *audited;
	/*
	 * The pod, from the comment of the element of the base chain's map through which the packet
	 * got to the chain.
	 */
	const char *pod; /* NULL: the packet is accepted, or the element has no comment */
};

/*
 * The index of the element with the key, or set->count if there is none.  @key has KEY_MAX bytes in
 * the form in which struct set keeps keys.
 */
size_t set_find(const struct set *set, const uint8_t *key);

/*
 * The index of the element of a set of ranges in which the address lies, or set->count if there is
 * none.
 */
size_t set_find_range(const struct set *set, const uint8_t *addr);

/*
 * Makes an evaluator in @arena, with an index of the ruleset's chains.  @ruleset and @arena must
 * outlive it.
 */
struct evaluator *evaluator_new(struct arena *arena, const struct ruleset *ruleset);

/*
 * Are there addresses of the family in the maps of the base chain? If not, everything of the family
 * is accepted.
 */
bool evaluator_enforces(const struct evaluator *evaluator, enum family family);

/*
 * The chain to which the base chain's maps send packets from (@source) or to the address; NULL if
 * they do not send them anywhere.
 */
const char *evaluator_chain(const struct evaluator *evaluator, bool source, enum family family,
			    const uint8_t *addr);

/*
 * The chain to which the chain on the input hook sends packets from the address; NULL if it does not
 * send them anywhere.
 */
const char *evaluator_node_chain(const struct evaluator *evaluator, enum family family,
				 const uint8_t *addr);

struct judgement evaluate(const struct evaluator *evaluator, const struct packet *packet);

/*
 * Judges only what one end's policies say: the base chain's maps of the other end's addresses are
 * skipped.  That leaves the egress of the source (@source), or the ingress of the destination.
 */
struct judgement evaluate_end(const struct evaluator *evaluator, bool source,
			      const struct packet *packet);

/* Judges a packet to an address of the node itself, which the input hook meets. */
struct judgement evaluate_input(const struct evaluator *evaluator, const struct packet *packet);

/*
 * Judges the packet from the beginning of this chain on.  If the walk returns from the chain, the
 * packet is accepted.
 */
struct judgement evaluate_from(const struct evaluator *evaluator, const char *chain,
			       const struct packet *packet);

#endif
