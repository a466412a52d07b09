/*
 * The tracked connections that a ruleset no longer allows, ended.
 *
 * In:  a ruleset, which is in force by now; the connection tracking of the network namespace.
 * Out: those connections through the node that it denies are no longer tracked, so that their next
 *      packets are judged as if they were new.  Others are not touched.
 */
#ifndef NP2NFT_NODE_CONNECTIONS_H
#define NP2NFT_NODE_CONNECTIONS_H

#include "base/diag.h"
#include "change/touched.h"
#include "change/touched.h"
#include "ruleset/evaluate.h"

struct arena;

/* A connection, as its policies see it. */
struct connection {
	/* Its first packet: from whoever began it, to where DNAT led. */
	struct packet packet;
	uint16_t sport;           /* host byte order; 0 where the protocol has no ports */
	struct judgement verdict; /* never accepted; its pod is whose policies deny */
};

/* Takes a connection that is ended; strings are the ruleset's, the rest only valid meanwhile. */
typedef void (*connection_told)(void *context, const struct connection *connection);

/*
 * Ends them, or (@sends false) only tells which it would end; each is told once.  Wants CAP_NET_ADMIN.  Only those with
 * an end at a touched address are judged, and those that another connection brought about (NULL: all are).  Only those with
 * an end at a touched address are judged, and those that another connection brought about (NULL: all are).
 * Memory and time for what is told, not for the table, which is walked once for each family in which
 * pods are enforced.  Returns 0; or -1 after a diagnostic: then some may not be ended, and doing it
 * again is right.
 */
int connections_end(struct arena *arena, const struct ruleset *ruleset,
		    const struct touched *touched, bool sends, connection_told told, void *context,
		    struct diags *diags);

#endif
