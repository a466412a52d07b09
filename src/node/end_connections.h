/*
 * Ends the tracked connections that a ruleset no longer allows.
 *
 * In:  a ruleset that is in force by now; the connection tracking of the network namespace.  Out:
 * those connections through the node that the ruleset denies are no longer tracked, so that their
 * next packets are judged like new ones.  Others are not touched.
 */
#ifndef NP2NFT_NODE_END_CONNECTIONS_H
#define NP2NFT_NODE_END_CONNECTIONS_H

#include "base/diag.h"
#include "change/denied_connections.h"
#include "ruleset/evaluate.h"

struct arena;

/* A connection, as policies see it. */
struct connection {
	/* Its first packet: from the end that began it, to where DNAT led. */
	struct packet packet;
	uint16_t sport;           /* host byte order; 0 where the protocol has no ports */
	struct judgement verdict; /* it is never accepted; its pod is the one whose policies deny */
};

/*
 * Receives a connection that is ended.  Strings belong to the ruleset; everything else is valid
 * only during the call.
 */
typedef void (*connection_told)(void *context, const struct connection *connection);

/*
 * Ends the connections, or (@sends is false) only reports which it would end; each is reported
 * once.  This needs CAP_NET_ADMIN.  If @touched is not NULL, only connections with an end at a
 * touched address are judged, and those that another connection brought about.  Memory and time
 * depend on what is reported, not on the table, except for one walk over it for each family with
 * enforced pods.  Returns 0, or -1 after a diagnostic, when some may not have been ended; then it
 * is right to call it again.
 */
int connections_end(struct arena *arena, const struct ruleset *ruleset,
		    const struct touched *touched, bool sends, connection_told told, void *context,
		    struct diags *diags);

/*
 * The same in pieces, each of which takes a few milliseconds at most, so that the caller can do other things in between.
 * @arena and @touched live until connections_stop().
 *
 * connections_begin() returns NULL after a diagnostic.  connections_step() does a piece; it returns 1 if there is more
 * to do, and otherwise 0 or -1 as connections_end().  Nothing is to do before connections_due(), in milliseconds of the
 * monotonic clock.  If the ruleset changes meanwhile, connections_judge_by() makes the rest be judged by the new one,
 * and what is reported is no longer of interest to the walk: strings of the old one are not used.
 */
struct connection_walk;

struct connection_walk *connections_begin(struct arena *arena, const struct ruleset *ruleset,
					  const struct touched *touched, bool sends,
					  connection_told told, void *context, struct diags *diags);
int connections_step(struct connection_walk *walk, struct diags *diags);
long long connections_due(const struct connection_walk *walk);
void connections_judge_by(struct connection_walk *walk, const struct ruleset *ruleset);
void connections_stop(struct connection_walk *walk);

#endif
