/* rtnetlink.  See kernel/route.h. */
#include "kernel/route.h"

#include "base/arena.h"
#include "base/call.h"

#include <errno.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256
#define RECEIVE_SIZE 65536
#define ATTRIBUTES   64

/* Links that come and go without pause must not keep us reading for ever. */
#define TRIES 20

struct kernel_route {
	struct mnl_socket *mnl;
	unsigned seq;
	struct undo undo;
	char buffer[RECEIVE_SIZE];
};

static void give_back(void *socket)
{
	kernel_route_close(socket);
}

struct kernel_route *kernel_route_open(void)
{
	struct kernel_route *socket = calloc(1, sizeof(*socket));

	if (!socket)
		return NULL;
	undo_later(&socket->undo, give_back, socket);
	socket->mnl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!socket->mnl || mnl_socket_bind(socket->mnl, 0, MNL_SOCKET_AUTOPID) < 0) {
		kernel_route_close(socket);
		return NULL;
	}
	return socket;
}

void kernel_route_close(struct kernel_route *socket)
{
	if (!socket)
		return;
	undo_never(&socket->undo);
	if (socket->mnl)
		mnl_socket_close(socket->mnl);
	free(socket);
}

/* Sends the request and gives the whole answer to @take; returns 0, or -1 with errno. */
static int ask(struct kernel_route *socket, struct nlmsghdr *request, mnl_cb_t take, void *context)
{
	unsigned port = mnl_socket_get_portid(socket->mnl);
	bool dump = request->nlmsg_flags & NLM_F_DUMP;
	int status = MNL_CB_OK;

	request->nlmsg_seq = ++socket->seq;
	if (mnl_socket_sendto(socket->mnl, request, request->nlmsg_len) < 0)
		return -1;
	do {
		ssize_t got;

		do
			got = mnl_socket_recvfrom(socket->mnl, socket->buffer, RECEIVE_SIZE);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return -1;
		status = mnl_cb_run(socket->buffer, (size_t)got, socket->seq, port, take, context);
		/* The rest of a dump that was interrupted, or of the one before. */
		if (status < 0 && errno == ESRCH)
			status = MNL_CB_OK;
	} while (dump && status > MNL_CB_STOP);
	return status < 0 ? -1 : 0;
}

/* Attributes by number: those of a link, of its kind, of a bridge and of a route that matter fit. */
static int take_attribute(const struct nlattr *attr, void *context)
{
	const struct nlattr **attrs = context;

	if (mnl_attr_get_type(attr) < ATTRIBUTES)
		attrs[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static bool is_set(const struct nlattr *attr)
{
	return attr && mnl_attr_get_u8(attr);
}

/* Of a tunnel in UDP the port; 0 of any other link. */
static uint16_t port_of(const struct nlattr *data, const char *kind)
{
	static const struct {
		const char *kind;
		uint16_t attribute;
	} kinds[] = {{"vxlan", IFLA_VXLAN_PORT},
		     {"geneve", IFLA_GENEVE_PORT},
		     {"bareudp", IFLA_BAREUDP_PORT}};
	const struct nlattr *attrs[ATTRIBUTES] = {NULL};

	mnl_attr_parse_nested(data, take_attribute, attrs);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i].kind) && attrs[kinds[i].attribute])
			return ntohs(mnl_attr_get_u16(attrs[kinds[i].attribute]));
	return 0;
}

/* What the kind of the link says of it. */
static void take_info(struct arena *arena, const struct nlattr *nest, struct link *link)
{
	const struct nlattr *info[ATTRIBUTES] = {NULL}, *bridge[ATTRIBUTES] = {NULL};

	mnl_attr_parse_nested(nest, take_attribute, info);
	if (info[IFLA_INFO_KIND])
		link->kind = arena_printf(arena, "%s", mnl_attr_get_str(info[IFLA_INFO_KIND]));
	link->bridge = !strcmp(link->kind, "bridge");
	if (info[IFLA_INFO_DATA])
		link->udp_port = port_of(info[IFLA_INFO_DATA], link->kind);
	if (!link->bridge || !info[IFLA_INFO_DATA])
		return;
	mnl_attr_parse_nested(info[IFLA_INFO_DATA], take_attribute, bridge);
	link->filters[V4] = is_set(bridge[IFLA_BR_NF_CALL_IPTABLES]);
	link->filters[V6] = is_set(bridge[IFLA_BR_NF_CALL_IP6TABLES]);
}

struct reading {
	struct arena *arena;
	struct links *links;
};

static int take_link(const struct nlmsghdr *message, void *context)
{
	const struct reading *reading = context;
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct link link = {.index = (uint32_t)header->ifi_index,
			    .name = "",
			    .kind = "",
			    .is_up = header->ifi_flags & IFF_UP};
	const struct nlattr *attrs[ATTRIBUTES] = {NULL};

	mnl_attr_parse(message, sizeof(*header), take_attribute, attrs);
	if (attrs[IFLA_IFNAME])
		link.name =
			arena_printf(reading->arena, "%s", mnl_attr_get_str(attrs[IFLA_IFNAME]));
	if (attrs[IFLA_LINKINFO])
		take_info(reading->arena, attrs[IFLA_LINKINFO], &link);
	if (attrs[IFLA_MASTER])
		link.master = mnl_attr_get_u32(attrs[IFLA_MASTER]);
	arena_push(reading->arena, reading->links->items, reading->links->count, link);
	return MNL_CB_OK;
}

int kernel_links(struct arena *arena, struct kernel_route *socket, struct links *links)
{
	struct reading reading = {arena, links};
	int failed = -1;

	errno = EINTR;
	for (int tries = 0; failed && errno == EINTR && tries < TRIES; tries++) {
		char buffer[REQUEST_SIZE];
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
		struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

		request->nlmsg_type = RTM_GETLINK;
		request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		header->ifi_family = AF_UNSPEC;
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		*links = (struct links){0};
		failed = ask(socket, request, take_link, &reading);
	}
	return failed;
}

static int take_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct route *route = context;
	const struct nlattr *attrs[ATTRIBUTES] = {NULL};

	if (message->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*header), take_attribute, attrs);
	*route = (struct route){
		.exists = header->rtm_type == RTN_UNICAST || header->rtm_type == RTN_LOCAL,
		.is_default = header->rtm_dst_len == 0,
		.direct = !attrs[RTA_GATEWAY] && !attrs[RTA_VIA],
		.is_own = header->rtm_type == RTN_LOCAL,
		.prefix = header->rtm_dst_len,
		.link = attrs[RTA_OIF] ? mnl_attr_get_u32(attrs[RTA_OIF]) : 0,
	};
	return MNL_CB_OK;
}

/*
 * The kernel answers an address without a route with an error, whose number is the kind of route: none,
 * unreachable, prohibited, blackhole.
 */
static bool is_answer(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES ||
	       error == EINVAL || error == ESRCH;
}

int kernel_route_to(struct kernel_route *socket, enum family family, const uint8_t *bytes,
		    struct route *route)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	*route = (struct route){0};
	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	header->rtm_family = family == V4 ? AF_INET : AF_INET6;
	header->rtm_dst_len = (uint8_t)(8 * family_len(family));
	/* The entry itself, with the length of its prefix, instead of the address asked for. */
	header->rtm_flags = RTM_F_FIB_MATCH;
	mnl_attr_put(request, RTA_DST, family_len(family), bytes);
	return ask(socket, request, take_route, route) && !is_answer(errno) ? -1 : 0;
}
