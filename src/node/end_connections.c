/*
 * Walks over the tracked connections.
 *
 * A connection is judged by its first packet.  If a helper expected it (data of FTP), it was let in
 * as related to its master, and is judged as its master is.
 *
 * The hard idea: a connection that was ended must not come back from a reply, as a connection of
 * the other direction that nothing forbids.  For TCP the ruleset takes care of that (chain
 * `midstream`).  For other protocols it cannot: a reply that was under way passes as something new,
 * and the answer to it passes as its reply.  So for a moment, whatever is tracked in the opposite
 * direction is deleted, too.  It cannot be older, because it would have been the same entry.
 */
#include "node/end_connections.h"

#include "base/arena.h"
#include "base/table.h"
#include "kernel/conntrack.h"
#include "kernel/own_addresses.h"
#include "kernel/socket.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

/*
 * How many milliseconds pass before each look for what late replies brought back.  What comes later
 * was begun anew.
 */
static const long pauses[] = {1, 4, 16, 64};

#define PAUSES (sizeof(pauses) / sizeof(*pauses))

/* A list is begun so many times if messages get lost. */
#define TRIES 10

static const struct mark nowhere;

struct connection_walk {
	struct arena *arena;
	struct arena *judge; /* the evaluator lives in it */
	const struct ruleset *ruleset;
	const struct evaluator *evaluator;
	enum family family;         /* which is listed; FAMILIES: all have been */
	struct kernel_socket *dump; /* NULL: its list has not begun */
	int tries;
	size_t pause;                  /* how often opposite directions were deleted */
	long long due;                 /* when they are to be deleted next, by milliseconds_now() */
	bool failed;                   /* something could not be read */
	const struct touched *touched; /* NULL: every address is */
	struct kernel_socket *requests;
	struct local *local;
	bool sends;
	connection_told told;
	void *context;
	struct table ended; /* keys: tuple and zone of each connection that is ended or reported */
	struct judgement *verdicts; /* index: connection in @ended */
	size_t verdict_count;
	struct nlmsghdr **returns; /* requests that delete opposite directions */
	size_t return_count;
	size_t refused; /* how many could not be ended, and the errno of the first */
	int reason;
};

/*
 * Judges the master of an entry: returns 1 if there is one, 0 if there is none or it is gone, -1
 * with errno.
 */
static int judge_master(struct connection_walk *walk, const struct conntrack_entry *entry,
			struct judgement *verdict)
{
	char key[CONNTRACK_KEY];
	struct packet packet;
	uint32_t number;
	int status;

	if (!entry->master)
		return 0;
	number = table_find(&walk->ended, key, conntrack_key(key, entry->master, entry->zone));
	if (number != TABLE_NONE) {
		*verdict = walk->verdicts[number];
		return 1;
	}
	status = conntrack_master(walk->requests, entry, &packet);
	if (status > 0)
		*verdict = evaluate(walk->evaluator, &packet);
	return status;
}

/*
 * If tracking saw a packet of the server first, the connection is judged as if it began at the
 * client.
 */
static struct packet first_packet(const struct conntrack_entry *entry)
{
	struct packet packet = entry->packet;

	if (!entry->is_midway || entry->sport >= FIRST_CLIENT_PORT ||
	    packet.dport < FIRST_CLIENT_PORT)
		return packet;
	memcpy(packet.saddr, entry->packet.daddr, sizeof(packet.saddr));
	memcpy(packet.daddr, entry->packet.saddr, sizeof(packet.daddr));
	packet.dport = entry->sport;
	return packet;
}

/*
 * Does the packet pass the ruleset's hooks, and does the ruleset deny it? Returns 1 or 0, or -1
 * with errno.
 */
static int is_denied(struct connection_walk *walk, const struct conntrack_entry *entry,
		     struct judgement *verdict)
{
	struct packet packet = first_packet(entry);
	struct judgement to_node;
	int status = judge_master(walk, entry, verdict);

	if (status < 0)
		return -1;
	/*
	 * A packet to a multicast group gets no reply, so that every packet of such a connection is
	 * judged anew.
	 */
	packet.may_stay_on_link = packet.family == V6 && packet.daddr[0] != 0xff;
	if (!status)
		*verdict = evaluate(walk->evaluator, &packet);
	to_node = evaluate_input(walk->evaluator, &packet);
	if (verdict->accepted && to_node.accepted)
		return 0;
	status = local_has(walk->local, packet.family, packet.saddr);
	if (status)
		return status < 0 ? -1 : 0;
	status = local_has(walk->local, packet.family, packet.daddr);
	if (status < 0)
		return -1;
	/* Packets of a pod to its own node meet another hook. */
	if (status)
		*verdict = to_node;
	return !verdict->accepted;
}

/*
 * Remembers the connection; returns false if it was remembered before.  A connection that is only
 * reported stays, so that the kernel may list it again.
 */
static bool remember(struct connection_walk *walk, const struct conntrack_entry *entry,
		     const struct judgement *verdict)
{
	char key[CONNTRACK_KEY];
	bool added;

	table_add(&walk->ended, key, conntrack_key(key, entry->original, entry->zone), &added);
	if (added)
		arena_push(walk->arena, walk->verdicts, walk->verdict_count, *verdict);
	return added;
}

/* Remembers to delete what the kernel may track because of a reply that is under way now. */
static void watch_return(struct connection_walk *walk, const struct conntrack_entry *entry)
{
	/* In protocols without ports a reply does not begin anything. */
	if (entry->packet.protocol == IPPROTO_TCP || !entry->sport)
		return;
	arena_push(walk->arena, walk->returns, walk->return_count,
		   conntrack_opposite(walk->arena, entry));
}

/* Returns 1 if this call deleted the entry, 0 if it was gone or stays, -1 with errno. */
static int end_entry(struct connection_walk *walk, const struct conntrack_entry *entry)
{
	if (!conntrack_delete(walk->requests, entry)) {
		watch_return(walk, entry);
		return 1;
	}
	if (errno == ENOENT)
		return 0;
	if (errno == ENOBUFS || errno == EINTR)
		return -1;
	walk->reason = walk->refused++ ? walk->reason : errno;
	return 0;
}

/*
 * Is an end of the entry touched? An entry with a master counts as touched, since it is judged as
 * its master, whose ends may be others.
 */
static bool is_touched(const struct connection_walk *walk, const struct conntrack_entry *entry)
{
	const struct packet *packet = &entry->packet;

	return !walk->touched || entry->master ||
	       touched_has(walk->touched, packet->family, packet->saddr) ||
	       touched_has(walk->touched, packet->family, packet->daddr);
}

static int take_entry(void *context, const struct conntrack_entry *entry)
{
	struct connection_walk *walk = context;
	struct connection connection = {.packet = entry->packet, .sport = entry->sport};
	int status;

	if (!is_touched(walk, entry))
		return 0;
	status = is_denied(walk, entry, &connection.verdict);
	if (status > 0 && walk->sends)
		status = end_entry(walk, entry);
	if (status > 0 && (remember(walk, entry, &connection.verdict) || walk->sends))
		walk->told(walk->context, &connection);
	return status < 0 ? -1 : 0;
}

static long long milliseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A list has come to its end, or (@more is negative) broke off with errno. */
static void end_list(struct connection_walk *walk, int more, struct diags *diags)
{
	const int error = errno;

	kernel_close(walk->dump);
	walk->dump = NULL;
	if (more < 0 && (error == ENOBUFS || error == EINTR) && ++walk->tries < TRIES)
		return;
	if (more < 0)
		diag_error(diags, nowhere, "tracked connections cannot be read: %s",
			   error == EINVAL ? "the kernel has no nf_conntrack_netlink"
					   : strerror(error));
	walk->failed |= more < 0;
	walk->tries = 0;
	walk->family++;
	walk->due = milliseconds_now() + pauses[0];
}

/* Takes the next piece of the list of a family. */
static void list_piece(struct connection_walk *walk, struct diags *diags)
{
	int more = 0;

	if (walk->dump) {
		more = conntrack_list_on(walk->dump, take_entry, walk);
	} else if (evaluator_enforces(walk->evaluator, walk->family)) {
		walk->dump = conntrack_list_begin(walk->family);
		more = walk->dump ? 1 : -1;
	}
	if (more <= 0)
		end_list(walk, more, diags);
}

/* Sends the requests for opposite directions once more. */
static void end_returns(struct connection_walk *walk)
{
	for (size_t i = 0; i < walk->return_count; i++)
		conntrack_send(walk->requests, walk->returns[i]);
	walk->pause++;
	if (walk->pause < PAUSES)
		walk->due = milliseconds_now() + pauses[walk->pause];
}

struct connection_walk *connections_begin(struct arena *arena, const struct ruleset *ruleset,
					  const struct touched *touched, bool sends,
					  connection_told told, void *context, struct diags *diags)
{
	struct connection_walk *walk = arena_alloc(arena, sizeof(*walk));

	*walk = (struct connection_walk){
		.arena = arena,
		.touched = touched,
		.requests = kernel_open(NETLINK_NETFILTER),
		.local = local_open(arena),
		.sends = sends,
		.told = told,
		.context = context,
		.ended = {.arena = arena},
	};
	connections_judge_by(walk, ruleset);
	if (walk->requests && walk->local)
		return walk;
	kernel_complain(diags, "no netlink socket", errno);
	connections_stop(walk);
	return NULL;
}

void connections_judge_by(struct connection_walk *walk, const struct ruleset *ruleset)
{
	if (walk->ruleset == ruleset)
		return;
	if (walk->judge)
		arena_free(walk->judge);
	walk->judge = arena_new();
	walk->evaluator = evaluator_new(walk->judge, ruleset);
	walk->ruleset = ruleset;
}

void connections_stop(struct connection_walk *walk)
{
	arena_free(walk->judge);
	kernel_close(walk->dump);
	local_close(walk->local);
	kernel_close(walk->requests);
}

long long connections_due(const struct connection_walk *walk)
{
	return walk->family < FAMILIES ? 0 : walk->due;
}

int connections_step(struct connection_walk *walk, struct diags *diags)
{
	if (walk->family < FAMILIES) {
		list_piece(walk, diags);
		return 1;
	}
	if (walk->return_count && walk->pause < PAUSES) {
		if (milliseconds_now() >= walk->due)
			end_returns(walk);
		return 1;
	}
	if (walk->refused)
		diag_error(diags, nowhere,
			   "%zu connections that are denied now could not be ended: %s",
			   walk->refused, strerror(walk->reason));
	return walk->refused || walk->failed ? -1 : 0;
}

int connections_end(struct arena *arena, const struct ruleset *ruleset,
		    const struct touched *touched, bool sends, connection_told told, void *context,
		    struct diags *diags)
{
	struct connection_walk *walk =
		connections_begin(arena, ruleset, touched, sends, told, context, diags);
	int status = walk ? 1 : -1;

	while (status > 0) {
		const long long wait = connections_due(walk) - milliseconds_now();

		if (wait > 0)
			nanosleep(&(struct timespec){.tv_nsec = (long)wait * 1000000}, NULL);
		status = connections_step(walk, diags);
	}
	if (walk)
		connections_stop(walk);
	return status;
}
