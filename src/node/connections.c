/*
 * A walk over conntrack.  See node/connections.h.
 *
 * One socket dumps the table, filtered by family in the kernel; another deletes, by tuple, zone and id,
 * so that a younger connection of the same tuple is spared.  The dump may be given an entry twice,
 * where one beside it goes meanwhile, but misses none.
 *
 * A connection is judged by its first packet, made up from both its tuples: the source is the original
 * tuple's, the destination the reply's source, which is the one behind DNAT.  One that a helper
 * expected (data of FTP) was let in as related to its master, and is judged as that.
 *
 * The hard part is that what was ended must not be picked up from its reply, as a connection of the
 * other direction that nothing forbids.  Of TCP the ruleset sees to it (chain `midstream`).  Of others
 * it cannot: a reply that was under way passes as new, and what it answers then passes as its reply.
 * So, for a moment, what is tracked in their opposite direction is deleted as well; nothing can have
 * been there before, since it would have been the same entry.
 */
#include "node/connections.h"

#include "base/arena.h"
#include "base/table.h"
#include "kernel/local.h"
#include "kernel/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Dumps that are begun again when messages were lost. */
#define TRIES 10

/* More than any request here is long: two addresses, a protocol's part, zone and id. */
#define REQUEST_SIZE 512

/* Milliseconds between looks for what late replies brought back; what comes later began anew. */
static const long pauses[] = {1, 4, 16, 64};

static const struct mark nowhere;

struct walk {
	struct arena *arena;
	const struct evaluator *evaluator;
	struct kernel_socket *requests;
	struct local *local;
	bool sends;
	connection_told told;
	void *context;
	struct table ended;         /* by tuple and zone, also if only told */
	struct judgement *verdicts; /* of those */
	size_t verdict_count;
	struct nlmsghdr **returns; /* requests that delete the opposite directions */
	size_t return_count;
	size_t refused; /* not ended, for the first of these reasons (errno) */
	int reason;
};

/* One direction of an entry. */
struct tuple {
	uint8_t source[16], destination[16];
	uint8_t protocol, icmpv6_type;
	uint16_t source_port; /* host byte order */
};

static void sort_attrs(const struct nlattr *attr, const char *end, const struct nlattr **attrs,
		       size_t max)
{
	memset(attrs, 0, (max + 1) * sizeof(*attrs));
	for (; mnl_attr_ok(attr, (int)(end - (const char *)attr)); attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) <= max)
			attrs[mnl_attr_get_type(attr)] = attr;
}

static void message_attrs(const struct nlmsghdr *message, const struct nlattr **attrs)
{
	sort_attrs(mnl_nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg)),
		   mnl_nlmsg_get_payload_tail(message), attrs, CTA_MAX);
}

static void nest_attrs(const struct nlattr *nest, const struct nlattr **attrs, size_t max)
{
	const char *begin = mnl_attr_get_payload(nest);

	sort_attrs((const struct nlattr *)(const void *)begin,
		   begin + mnl_attr_get_payload_len(nest), attrs, max);
}

/* The bytes of an attribute that has at least as many; false if it has not, or is not there. */
static bool take(const struct nlattr *attr, void *into, size_t len)
{
	if (!attr || mnl_attr_get_payload_len(attr) < len)
		return false;
	memcpy(into, mnl_attr_get_payload(attr), len);
	return true;
}

/* False if it is not a tuple of the family. */
static bool read_tuple(const struct nlattr *nest, enum family family, struct tuple *tuple)
{
	const struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1],
		*proto[CTA_PROTO_MAX + 1];
	uint16_t port = 0;

	*tuple = (struct tuple){0};
	if (!nest)
		return false;
	nest_attrs(nest, parts, CTA_TUPLE_MAX);
	if (!parts[CTA_TUPLE_IP] || !parts[CTA_TUPLE_PROTO])
		return false;
	nest_attrs(parts[CTA_TUPLE_IP], ip, CTA_IP_MAX);
	nest_attrs(parts[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX);
	take(proto[CTA_PROTO_SRC_PORT], &port, sizeof(port));
	tuple->source_port = ntohs(port);
	take(proto[CTA_PROTO_ICMPV6_TYPE], &tuple->icmpv6_type, 1);
	return take(proto[CTA_PROTO_NUM], &tuple->protocol, 1) &&
	       take(ip[family == V4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC], tuple->source,
		    family_len(family)) &&
	       take(ip[family == V4 ? CTA_IP_V4_DST : CTA_IP_V6_DST], tuple->destination,
		    family_len(family));
}

/* The connection of an entry; false if it is of no family of ours. */
static bool read_connection(const struct nlmsghdr *message, const struct nlattr **attrs,
			    struct connection *connection)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	enum family family = head->nfgen_family == AF_INET ? V4 : V6;
	struct tuple original, reply;

	if (!read_tuple(attrs[CTA_TUPLE_ORIG], family, &original) ||
	    !read_tuple(attrs[CTA_TUPLE_REPLY], family, &reply))
		return false;
	*connection = (struct connection){
		.packet = {.family = family,
			   .protocol = original.protocol,
			   .dport = reply.source_port,
			   .icmpv6_type = original.icmpv6_type},
		.sport = original.source_port,
	};
	memcpy(connection->packet.saddr, original.source, sizeof(original.source));
	memcpy(connection->packet.daddr, reply.source, sizeof(reply.source));
	return true;
}

static struct nlmsghdr *put_header(void *buffer, uint16_t type, uint16_t flags, enum family family)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *head;

	request->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	request->nlmsg_flags = flags;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = family == V4 ? AF_INET : AF_INET6;
	head->version = NFNETLINK_V0;
	return request;
}

/*
 * A request about the entry of a tuple, whichever attribute that comes from.  Acknowledged, since the
 * answer to IPCTNL_MSG_CT_GET says that it has many parts, and no message ends them.
 */
static struct nlmsghdr *request_entry(void *buffer, uint16_t type, enum family family,
				      const struct nlattr *tuple, const struct nlattr *zone)
{
	struct nlmsghdr *request = put_header(buffer, type, NLM_F_REQUEST | NLM_F_ACK, family);

	mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED, mnl_attr_get_payload_len(tuple),
		     mnl_attr_get_payload(tuple));
	if (zone)
		mnl_attr_put(request, CTA_ZONE, mnl_attr_get_payload_len(zone),
			     mnl_attr_get_payload(zone));
	return request;
}

static int take_nothing(void *context, const struct nlmsghdr *message)
{
	(void)context;
	(void)message;
	return 0;
}

static int take_master(void *context, const struct nlmsghdr *message)
{
	const struct nlattr *attrs[CTA_MAX + 1];
	struct connection master;

	message_attrs(message, attrs);
	if (read_connection(message, attrs, &master))
		*(struct connection *)context = master;
	return 0;
}

/* What tells an entry from others in walk->ended; returns its length. */
static size_t put_key(char *key, const struct nlattr *tuple, const struct nlattr *zone)
{
	size_t len = mnl_attr_get_payload_len(tuple);

	memcpy(key, mnl_attr_get_payload(tuple), len);
	if (!zone)
		return len;
	memcpy(key + len, mnl_attr_get_payload(zone), sizeof(uint16_t));
	return len + sizeof(uint16_t);
}

/* The verdict of an entry's master; 1: there is one, 0: it has none, or not any more, -1: errno. */
static int judge_master(struct walk *walk, const struct nlattr **attrs, enum family family,
			struct judgement *verdict)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlattr *tuple = attrs[CTA_TUPLE_MASTER];
	struct connection master = {.packet.protocol = 0};
	uint32_t number;

	if (!tuple || mnl_attr_get_payload_len(tuple) > REQUEST_SIZE / 2)
		return 0;
	number = table_find(&walk->ended, buffer, put_key(buffer, tuple, attrs[CTA_ZONE]));
	if (number != TABLE_NONE) {
		*verdict = walk->verdicts[number];
		return 1;
	}
	if (kernel_ask(walk->requests,
		       request_entry(buffer, IPCTNL_MSG_CT_GET, family, tuple, attrs[CTA_ZONE]),
		       take_master, &master))
		return errno == ENOENT ? 0 : -1;
	*verdict = evaluate(walk->evaluator, &master.packet);
	return master.packet.protocol != 0;
}

/* 1: the ruleset denies it, and it passes the ruleset; 0: not; -1: errno. */
static int is_denied(struct walk *walk, const struct nlattr **attrs, struct connection *connection)
{
	const struct packet *packet = &connection->packet;
	int status = judge_master(walk, attrs, packet->family, &connection->verdict);

	if (status < 0)
		return -1;
	if (!status)
		connection->verdict = evaluate(walk->evaluator, packet);
	if (connection->verdict.accepted)
		return 0;
	status = local_has(walk->local, packet->family, packet->saddr);
	if (!status)
		status = local_has(walk->local, packet->family, packet->daddr);
	return status < 0 ? -1 : !status;
}

/* False if it is remembered already: what is only told stays, and may come again. */
static bool remember(struct walk *walk, const struct nlattr **attrs,
		     const struct connection *connection)
{
	char key[REQUEST_SIZE];
	bool added;

	table_add(&walk->ended, key, put_key(key, attrs[CTA_TUPLE_ORIG], attrs[CTA_ZONE]), &added);
	if (added)
		arena_push(walk->arena, walk->verdicts, walk->verdict_count, connection->verdict);
	return added;
}

/* Remembers to delete what a reply of it, under way now, makes the kernel track. */
static void watch_return(struct walk *walk, const struct nlattr **attrs,
			 const struct connection *connection)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request, *kept;

	/* Of protocols without ports a reply begins nothing. */
	if (connection->packet.protocol == IPPROTO_TCP || !connection->sport)
		return;
	request = request_entry(buffer, IPCTNL_MSG_CT_DELETE, connection->packet.family,
				attrs[CTA_TUPLE_REPLY], attrs[CTA_ZONE]);
	kept = arena_alloc(walk->arena, request->nlmsg_len);
	memcpy(kept, request, request->nlmsg_len);
	arena_push(walk->arena, walk->returns, walk->return_count, kept);
}

/* 1: it is gone by us, 0: it was gone before, or stays; -1: errno. */
static int end_entry(struct walk *walk, const struct nlattr **attrs,
		     const struct connection *connection)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request =
		request_entry(buffer, IPCTNL_MSG_CT_DELETE, connection->packet.family,
			      attrs[CTA_TUPLE_ORIG], attrs[CTA_ZONE]);

	mnl_attr_put(request, CTA_ID, mnl_attr_get_payload_len(attrs[CTA_ID]),
		     mnl_attr_get_payload(attrs[CTA_ID]));
	if (!kernel_ask(walk->requests, request, take_nothing, NULL)) {
		watch_return(walk, attrs, connection);
		return 1;
	}
	if (errno == ENOENT)
		return 0;
	if (errno == ENOBUFS || errno == EINTR)
		return -1;
	walk->reason = walk->refused++ ? walk->reason : errno;
	return 0;
}

/* Of the size that requests have room for; anything else is no entry of IP that we know. */
static bool is_sound(const struct nlattr **attrs)
{
	const struct nlattr *id = attrs[CTA_ID], *zone = attrs[CTA_ZONE];

	return id && mnl_attr_get_payload_len(id) == sizeof(uint32_t) &&
	       (!zone || mnl_attr_get_payload_len(zone) == sizeof(uint16_t)) &&
	       mnl_attr_get_payload_len(attrs[CTA_TUPLE_ORIG]) <= REQUEST_SIZE / 2 &&
	       mnl_attr_get_payload_len(attrs[CTA_TUPLE_REPLY]) <= REQUEST_SIZE / 2;
}

static int take_entry(void *context, const struct nlmsghdr *message)
{
	struct walk *walk = context;
	const struct nlattr *attrs[CTA_MAX + 1];
	struct connection connection;
	int status;

	message_attrs(message, attrs);
	if (!read_connection(message, attrs, &connection) || !is_sound(attrs))
		return 0;
	status = is_denied(walk, attrs, &connection);
	if (status > 0 && walk->sends)
		status = end_entry(walk, attrs, &connection);
	if (status > 0 && (remember(walk, attrs, &connection) || walk->sends))
		walk->told(walk->context, &connection);
	return status < 0 ? -1 : 0;
}

/* Returns 0, or -1 with errno. */
static int walk_family_once(struct walk *walk, enum family family)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request =
		put_header(buffer, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP, family);
	/* A socket for each try: on that of a dump which was given up no other can begin. */
	struct kernel_socket *dump = kernel_open();
	int status, error;

	if (!dump)
		return -1;
	status = kernel_ask(dump, request, take_entry, walk);
	error = errno;
	kernel_close(dump);
	errno = error;
	return status;
}

static int walk_family(struct walk *walk, enum family family)
{
	int status = -1;

	for (int tries = 0; status && tries < TRIES; tries++) {
		status = walk_family_once(walk, family);
		if (status && errno != ENOBUFS && errno != EINTR)
			break;
	}
	return status;
}

static void end_returns(struct walk *walk)
{
	if (!walk->return_count)
		return;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
		nanosleep(&(struct timespec){.tv_nsec = pauses[i] * 1000000}, NULL);
		/* Usually there is none, which is an error and well. */
		for (size_t k = 0; k < walk->return_count; k++)
			kernel_ask(walk->requests, walk->returns[k], take_nothing, NULL);
	}
}

static int walk_all(struct walk *walk, struct diags *diags)
{
	int status = 0;

	for (enum family family = V4; family < FAMILIES; family++) {
		if (!evaluator_enforces(walk->evaluator, family) || !walk_family(walk, family))
			continue;
		diag_error(diags, nowhere, "tracked connections cannot be read: %s",
			   errno == EINVAL ? "the kernel has no nf_conntrack_netlink"
					   : strerror(errno));
		status = -1;
	}
	end_returns(walk);
	if (!walk->refused)
		return status;
	diag_error(diags, nowhere, "%zu connections that are denied now could not be ended: %s",
		   walk->refused, strerror(walk->reason));
	return -1;
}

int connections_end(struct arena *arena, const struct ruleset *ruleset, bool sends,
		    connection_told told, void *context, struct diags *diags)
{
	struct walk walk = {
		.arena = arena,
		.evaluator = evaluator_new(arena, ruleset),
		.requests = kernel_open(),
		.local = local_open(arena),
		.sends = sends,
		.told = told,
		.context = context,
		.ended = {.arena = arena},
	};
	int status = -1;

	if (walk.requests && walk.local)
		status = walk_all(&walk, diags);
	else
		diag_error(diags, nowhere, "no netlink socket: %s", strerror(errno));
	local_close(walk.local);
	kernel_close(walk.requests);
	return status;
}
