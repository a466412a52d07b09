/*
 * Sends requests to ctnetlink and reads the answers.  One socket lists, and the kernel filters the
 * list by family; the caller's socket looks up and deletes meanwhile.
 */
#include "kernel/conntrack.h"

#include "base/arena.h"
#include "kernel/attrs.h"
#include "kernel/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

/* No request here is longer: it has two addresses, the part of a protocol, zone and id. */
#define REQUEST_SIZE 512

/* No protocol that is known here has longer tuples. */
#define TUPLE_SIZE (REQUEST_SIZE / 2)

/* One direction of an entry. */
struct tuple {
	uint8_t source[16], destination[16];
	uint8_t protocol, icmpv6_type;
	uint16_t source_port; /* host byte order */
};

/* Copies the first @len bytes of an attribute; returns false if it is missing or shorter. */
static bool copy_value(const struct nlattr *attr, void *into, size_t len)
{
	if (!attr || mnl_attr_get_payload_len(attr) < len)
		return false;
	memcpy(into, mnl_attr_get_payload(attr), len);
	return true;
}

/* Returns false if it is not a tuple of the family. */
static bool read_tuple(const struct nlattr *nest, enum family family, struct tuple *tuple)
{
	const struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1],
		*proto[CTA_PROTO_MAX + 1];
	uint16_t port = 0;

	*tuple = (struct tuple){0};
	if (!nest)
		return false;
	kernel_nest_attrs(nest, parts, CTA_TUPLE_MAX + 1);
	if (!parts[CTA_TUPLE_IP] || !parts[CTA_TUPLE_PROTO])
		return false;
	kernel_nest_attrs(parts[CTA_TUPLE_IP], ip, CTA_IP_MAX + 1);
	kernel_nest_attrs(parts[CTA_TUPLE_PROTO], proto, CTA_PROTO_MAX + 1);
	copy_value(proto[CTA_PROTO_SRC_PORT], &port, sizeof(port));
	tuple->source_port = ntohs(port);
	copy_value(proto[CTA_PROTO_ICMPV6_TYPE], &tuple->icmpv6_type, 1);
	return copy_value(proto[CTA_PROTO_NUM], &tuple->protocol, 1) &&
	       copy_value(ip[family == V4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC], tuple->source,
			  family_len(family)) &&
	       copy_value(ip[family == V4 ? CTA_IP_V4_DST : CTA_IP_V6_DST], tuple->destination,
			  family_len(family));
}

/*
 * Do the parts of the entry fit into a request? Larger parts belong to no entry of IP that is known
 * here.
 */
static bool is_sound(const struct conntrack_entry *entry)
{
	return entry->id && mnl_attr_get_payload_len(entry->id) == sizeof(uint32_t) &&
	       (!entry->zone || mnl_attr_get_payload_len(entry->zone) == sizeof(uint16_t)) &&
	       mnl_attr_get_payload_len(entry->original) <= TUPLE_SIZE &&
	       mnl_attr_get_payload_len(entry->reply) <= TUPLE_SIZE &&
	       (!entry->master || mnl_attr_get_payload_len(entry->master) <= TUPLE_SIZE);
}

/*
 * The kernel marks a TCP connection that began in the middle as one whose window it does not know.
 */
static bool began_midway(const struct nlattr *protoinfo)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1];
	uint8_t flags = 0;

	if (!protoinfo)
		return false;
	kernel_nest_attrs(protoinfo, info, CTA_PROTOINFO_MAX + 1);
	if (!info[CTA_PROTOINFO_TCP])
		return false;
	kernel_nest_attrs(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX + 1);
	copy_value(tcp[CTA_PROTOINFO_TCP_FLAGS_ORIGINAL], &flags, sizeof(flags));
	return flags & IP_CT_TCP_FLAG_BE_LIBERAL;
}

/* Returns false if it is of another family, or cannot be looked up. */
static bool read_entry(const struct nlmsghdr *message, struct conntrack_entry *entry)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(message);
	const enum family family = head->nfgen_family == AF_INET ? V4 : V6;
	const struct nlattr *attrs[KERNEL_ATTRS];
	struct tuple original, reply;

	kernel_message_attrs(message, attrs);
	if (!read_tuple(attrs[CTA_TUPLE_ORIG], family, &original) ||
	    !read_tuple(attrs[CTA_TUPLE_REPLY], family, &reply))
		return false;
	*entry = (struct conntrack_entry){
		.is_midway = began_midway(attrs[CTA_PROTOINFO]),
		.packet = {.family = family,
			   .protocol = original.protocol,
			   .dport = reply.source_port,
			   .icmpv6_type = original.icmpv6_type},
		.sport = original.source_port,
		.original = attrs[CTA_TUPLE_ORIG],
		.reply = attrs[CTA_TUPLE_REPLY],
		.id = attrs[CTA_ID],
		.master = attrs[CTA_TUPLE_MASTER],
		.zone = attrs[CTA_ZONE],
	};
	memcpy(entry->packet.saddr, original.source, sizeof(original.source));
	memcpy(entry->packet.daddr, reply.source, sizeof(reply.source));
	return is_sound(entry);
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
 * Makes a request about the entry with a tuple, whichever attribute that tuple comes from.  The
 * request asks for an acknowledgement: the answer to IPCTNL_MSG_CT_GET claims to have several
 * parts, but no message ends them.
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

struct flow_listing {
	conntrack_take take;
	void *context;
};

static int take_entry(void *context, const struct nlmsghdr *message)
{
	const struct flow_listing *listing = context;
	struct conntrack_entry entry;

	return read_entry(message, &entry) ? listing->take(listing->context, &entry) : 0;
}

struct kernel_socket *conntrack_list_begin(enum family family)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request =
		put_header(buffer, IPCTNL_MSG_CT_GET, NLM_F_REQUEST | NLM_F_DUMP, family);
	/*
	 * Each try has its own socket, since a socket whose dump was given up cannot begin another.
	 */
	struct kernel_socket *dump = kernel_open(NETLINK_NETFILTER);
	int error;

	if (!dump || !kernel_begin(dump, request))
		return dump;
	error = errno;
	kernel_close(dump);
	errno = error;
	return NULL;
}

int conntrack_list_on(struct kernel_socket *dump, conntrack_take take, void *context)
{
	struct flow_listing listing = {take, context};

	return kernel_read_piece(dump, take_entry, &listing);
}

struct master {
	bool is_known;
	struct packet *packet;
};

static int take_master(void *context, const struct nlmsghdr *message)
{
	struct master *master = context;
	struct conntrack_entry entry;

	if (!read_entry(message, &entry))
		return 0;
	*master->packet = entry.packet;
	master->is_known = true;
	return 0;
}

int conntrack_master(struct kernel_socket *socket, const struct conntrack_entry *entry,
		     struct packet *packet)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct master master = {false, packet};

	if (!entry->master)
		return 0;
	if (kernel_ask(socket,
		       request_entry(buffer, IPCTNL_MSG_CT_GET, entry->packet.family, entry->master,
				     entry->zone),
		       take_master, &master))
		return errno == ENOENT ? 0 : -1;
	return master.is_known;
}

int conntrack_delete(struct kernel_socket *socket, const struct conntrack_entry *entry)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = request_entry(buffer, IPCTNL_MSG_CT_DELETE, entry->packet.family,
						 entry->original, entry->zone);

	mnl_attr_put(request, CTA_ID, mnl_attr_get_payload_len(entry->id),
		     mnl_attr_get_payload(entry->id));
	return kernel_ask(socket, request, take_nothing, NULL);
}

struct nlmsghdr *conntrack_opposite(struct arena *arena, const struct conntrack_entry *entry)
{
	char buffer[REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *request = request_entry(
		buffer, IPCTNL_MSG_CT_DELETE, entry->packet.family, entry->reply, entry->zone);
	struct nlmsghdr *kept = arena_alloc(arena, request->nlmsg_len);

	memcpy(kept, request, request->nlmsg_len);
	return kept;
}

void conntrack_send(struct kernel_socket *socket, struct nlmsghdr *request)
{
	kernel_ask(socket, request, take_nothing, NULL);
}

size_t conntrack_key(char *key, const struct nlattr *tuple, const struct nlattr *zone)
{
	const size_t len = mnl_attr_get_payload_len(tuple);

	memcpy(key, mnl_attr_get_payload(tuple), len);
	if (!zone)
		return len;
	memcpy(key + len, mnl_attr_get_payload(zone), sizeof(uint16_t));
	return len + sizeof(uint16_t);
}
