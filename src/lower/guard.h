/*
 * Rules against pods that send in another's name.
 *
 * In:  a ruleset, and what the node knows of itself: which links lead to its pods, and by which packets it
 *      takes others out of an envelope.
 * Out: the ruleset with rules about what comes from those links.
 *
 * Policies know pods by their addresses, so a packet must bear one of its sender's.  What comes from a pod's
 * link must have a source address to which the node would send an answer by that link.  And a pod must not
 * wrap a packet for a tunnel of the node: the node would take out of it, and forward, a packet that says it is
 * from anywhere.
 *
 * Compiled text has no such rules: what the node's links are called is known on the node alone.
 */
#ifndef NP2NFT_LOWER_GUARD_H
#define NP2NFT_LOWER_GUARD_H

#include "ruleset/ruleset.h"

struct arena;

/* How packets for a tunnel of the node are known. */
struct tunnel {
	uint8_t protocol; /* as in the IP header */
	uint16_t port;    /* of UDP, host byte order; 0: every packet of the protocol */
};

struct pod_links {
	const char **links; /* that lead to pods and to nobody else: names, sorted, each once */
	size_t link_count;
	struct tunnel *tunnels; /* by protocol and port, each once */
	size_t tunnel_count;
};

/* Without links it is as @ruleset is.  The result shares what @ruleset has, and lives in @arena. */
struct ruleset *guard(struct arena *arena, const struct ruleset *ruleset,
		      const struct pod_links *pod_links);

/* Are they the same, name for name and port for port? */
bool pod_links_are_same(const struct pod_links *a, const struct pod_links *b);

/* A copy, which lives in @arena. */
struct pod_links pod_links_copy(struct arena *arena, const struct pod_links *of);

#endif
