/*
 * Adds rules against pods that send with the addresses of others.
 *
 * In:  a ruleset, and what the node knows about itself: the links that lead to its pods, and the
 * packets that it unwraps as tunnel traffic.  Out: the ruleset, with rules about what comes from
 * those links.
 *
 * Policies know pods by their addresses, so the source of a packet must be an address of its
 * sender: what comes by a pod's link must have a source to which the node would send an answer by
 * that link.  And a pod must not wrap packets for a tunnel of the node, because the node would
 * unwrap and forward them, whatever source they claim.
 *
 * Compiled text has no such rules, because only the node itself knows the names of its links.
 */
#ifndef NP2NFT_LOWER_GUARD_H
#define NP2NFT_LOWER_GUARD_H

#include "ruleset/ruleset.h"

struct arena;

/* How packets for a tunnel of the node are recognised. */
struct tunnel {
	uint8_t protocol; /* the number in the IP header */
	uint16_t port;    /* of UDP, host byte order; 0: every packet of the protocol */
};

struct pod_links {
	/* names of the links that lead only to pods, sorted and without repetitions */
	const char **links;
	size_t link_count;
	struct tunnel *tunnels; /* sorted by protocol and port, without repetitions */
	size_t tunnel_count;
};

/*
 * Adds the rules.  Without links, the result is like @ruleset.  It shares data with @ruleset, and
 * lives in @arena.
 */
struct ruleset *guard(struct arena *arena, const struct ruleset *ruleset,
		      const struct pod_links *pod_links);

/* Do both have the same names of links and the same tunnels? */
bool pod_links_are_same(const struct pod_links *a, const struct pod_links *b);

/* Makes a copy that lives in @arena. */
struct pod_links pod_links_copy(struct arena *arena, const struct pod_links *of);

#endif
