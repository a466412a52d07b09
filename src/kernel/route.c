/*
 * Sends questions to rtnetlink and reads the answers: the links and their kinds, the route to one
 * address, and the default routes.
 */
#include "kernel/route.h"

#include "base/arena.h"
#include "kernel/attrs.h"
#include "kernel/socket.h"

#include <errno.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256
/*
 * The attributes that matter of a link, its kind, a bridge or a route have lower numbers than this.
 */
#define ATTRIBUTES 64

/* Limits the reading if links come and go without pause. */
#define TRIES 20

struct kernel_socket *kernel_route_open(void)
{
	return kernel_open(NETLINK_ROUTE);
}

static int address_family(enum family family)
{
	return family == V4 ? AF_INET : AF_INET6;
}

static bool is_set(const struct nlattr *attr)
{
	return attr && mnl_attr_get_u8(attr);
}

/* The port of a tunnel in UDP; 0 for any other link. */
static uint16_t port_of(const struct nlattr *data, const char *kind)
{
	static const struct {
		const char *kind;
		uint16_t attribute;
	} kinds[] = {{"vxlan", IFLA_VXLAN_PORT},
		     {"geneve", IFLA_GENEVE_PORT},
		     {"bareudp", IFLA_BAREUDP_PORT}};
	const struct nlattr *attrs[ATTRIBUTES];

	kernel_nest_attrs(data, attrs, ATTRIBUTES);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i].kind) && attrs[kinds[i].attribute])
			return ntohs(mnl_attr_get_u16(attrs[kinds[i].attribute]));
	return 0;
}

/* Reads the attributes that depend on the kind of the link. */
static void take_info(struct arena *arena, const struct nlattr *nest, struct link *link)
{
	const struct nlattr *info[ATTRIBUTES], *bridge[ATTRIBUTES];

	kernel_nest_attrs(nest, info, ATTRIBUTES);
	if (info[IFLA_INFO_KIND])
		link->kind = arena_printf(arena, "%s", mnl_attr_get_str(info[IFLA_INFO_KIND]));
	link->bridge = !strcmp(link->kind, "bridge");
	if (info[IFLA_INFO_DATA])
		link->udp_port = port_of(info[IFLA_INFO_DATA], link->kind);
	if (!link->bridge || !info[IFLA_INFO_DATA])
		return;
	kernel_nest_attrs(info[IFLA_INFO_DATA], bridge, ATTRIBUTES);
	link->filters[V4] = is_set(bridge[IFLA_BR_NF_CALL_IPTABLES]);
	link->filters[V6] = is_set(bridge[IFLA_BR_NF_CALL_IP6TABLES]);
}

struct link_reading {
	struct arena *arena;
	struct links *links;
};

static int take_link(void *context, const struct nlmsghdr *message)
{
	const struct link_reading *reading = context;
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	struct link link = {.index = (uint32_t)header->ifi_index,
			    .name = "",
			    .kind = "",
			    .is_up = header->ifi_flags & IFF_UP};
	const struct nlattr *attrs[ATTRIBUTES];

	kernel_attrs_behind(message, sizeof(*header), attrs, ATTRIBUTES);
	if (attrs[IFLA_IFNAME])
		link.name =
			arena_printf(reading->arena, "%s", mnl_attr_get_str(attrs[IFLA_IFNAME]));
	if (attrs[IFLA_LINKINFO])
		take_info(reading->arena, attrs[IFLA_LINKINFO], &link);
	if (attrs[IFLA_MASTER])
		link.master = mnl_attr_get_u32(attrs[IFLA_MASTER]);
	arena_push(reading->arena, reading->links->items, reading->links->count, link);
	return 0;
}

/* How a dump is asked for, and what takes the answer. */
struct dump {
	uint16_t type; /* RTM_GETROUTE and so on */
	int family;    /* AF_INET and so on */
	kernel_message take;
	void *context;
	size_t *count; /* of what @take has taken */
};

/* Writes the request of a dump; the headers of links and of routes both begin with the family. */
static struct nlmsghdr *write_request(const struct dump *dump, char *buffer)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = dump->type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (dump->type == RTM_GETLINK) {
		struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

		header->ifi_family = (unsigned char)dump->family;
		mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	} else {
		struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

		header->rtm_family = (unsigned char)dump->family;
	}
	return request;
}

/*
 * Reads all that the kernel dumps, and begins again if something changed meanwhile.  Returns 0, or
 * -1 with errno.
 */
static int read_dump(struct kernel_socket *socket, const struct dump *dump)
{
	const size_t before = *dump->count;
	char buffer[REQUEST_SIZE];
	int failed = -1;

	errno = EINTR;
	for (int tries = 0; failed && errno == EINTR && tries < TRIES; tries++) {
		*dump->count = before;
		failed = kernel_ask(socket, write_request(dump, buffer), dump->take, dump->context);
	}
	return failed;
}

int kernel_links(struct arena *arena, struct kernel_socket *socket, struct links *links)
{
	struct link_reading reading = {arena, links};
	const struct dump dump = {RTM_GETLINK, AF_UNSPEC, take_link, &reading, &links->count};

	*links = (struct links){0};
	return read_dump(socket, &dump);
}

static int take_route(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct route *route = context;
	const struct nlattr *attrs[ATTRIBUTES];

	if (message->nlmsg_type != RTM_NEWROUTE)
		return 0;
	kernel_attrs_behind(message, sizeof(*header), attrs, ATTRIBUTES);
	*route = (struct route){
		.exists = header->rtm_type == RTN_UNICAST || header->rtm_type == RTN_LOCAL,
		.is_default = header->rtm_dst_len == 0,
		.direct = !attrs[RTA_GATEWAY] && !attrs[RTA_VIA],
		.is_own = header->rtm_type == RTN_LOCAL,
		.prefix = header->rtm_dst_len,
		.link = attrs[RTA_OIF] ? mnl_attr_get_u32(attrs[RTA_OIF]) : 0,
	};
	return 0;
}

/*
 * For an address without a usable route the kernel answers with an error, whose number is the kind
 * of route: none, unreachable, prohibited or blackhole.
 */
static bool is_answer(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EACCES ||
	       error == EINVAL || error == ESRCH;
}

int kernel_route_to(struct kernel_socket *socket, enum family family, const uint8_t *bytes,
		    struct route *route)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	*route = (struct route){0};
	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	header->rtm_family = (unsigned char)address_family(family);
	header->rtm_dst_len = (uint8_t)(8 * family_len(family));
	/*
	 * This asks for the route itself, with its prefix length, instead of the address that was
	 * asked for.
	 */
	header->rtm_flags = RTM_F_FIB_MATCH;
	mnl_attr_put(request, RTA_DST, family_len(family), bytes);
	return kernel_ask(socket, request, take_route, route) && !is_answer(errno) ? -1 : 0;
}

struct route_search {
	struct arena *arena;
	struct default_routes *ways;
};

static void add_way(const struct route_search *search, uint32_t link, uint32_t metric)
{
	const struct default_route way = {link, metric};

	arena_push(search->arena, search->ways->items, search->ways->count, way);
}

/* Reads the links of a route that has several. */
static void take_hops(const struct route_search *search, const struct nlattr *hops, uint32_t metric)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(hops);
	int left = mnl_attr_get_payload_len(hops);

	for (; RTNH_OK(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop))
		add_way(search, (uint32_t)hop->rtnh_ifindex, metric);
}

static int take_way(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct route_search *search = context;
	const struct nlattr *attrs[ATTRIBUTES];
	uint32_t metric;

	if (header->rtm_dst_len || header->rtm_type != RTN_UNICAST ||
	    header->rtm_table != RT_TABLE_MAIN)
		return 0;
	kernel_attrs_behind(message, sizeof(*header), attrs, ATTRIBUTES);
	metric = attrs[RTA_PRIORITY] ? mnl_attr_get_u32(attrs[RTA_PRIORITY]) : 0;
	if (attrs[RTA_OIF])
		add_way(search, mnl_attr_get_u32(attrs[RTA_OIF]), metric);
	else if (attrs[RTA_MULTIPATH])
		take_hops(search, attrs[RTA_MULTIPATH], metric);
	return 0;
}

int kernel_ways(struct arena *arena, struct kernel_socket *socket, enum family family,
		struct default_routes *ways)
{
	struct route_search search = {arena, ways};
	const struct dump dump = {RTM_GETROUTE, address_family(family), take_way, &search,
				  &ways->count};

	*ways = (struct default_routes){0};
	return read_dump(socket, &dump);
}

struct prefix_reading {
	struct arena *arena;
	enum family family;
	struct prefixes *prefixes;
};

/* Takes a route or a rule: both begin alike, and name their destination by the same number. */
static int take_prefix(void *context, const struct nlmsghdr *message)
{
	_Static_assert((int)FRA_DST == (int)RTA_DST,
		       "a rule names its destination as a route does");
	const struct prefix_reading *reading = context;
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[ATTRIBUTES];
	struct prefix prefix = {.length = header->rtm_dst_len};

	kernel_attrs_behind(message, sizeof(*header), attrs, ATTRIBUTES);
	if (attrs[RTA_DST] &&
	    mnl_attr_get_payload_len(attrs[RTA_DST]) == family_len(reading->family))
		memcpy(prefix.bytes, mnl_attr_get_payload(attrs[RTA_DST]),
		       family_len(reading->family));
	arena_push(reading->arena, reading->prefixes->items, reading->prefixes->count, prefix);
	return 0;
}

/* Adds the prefixes of all routes, or of all rules. */
static int add_prefixes(struct prefix_reading *reading, struct kernel_socket *socket, uint16_t type)
{
	const struct dump dump = {type, address_family(reading->family), take_prefix, reading,
				  &reading->prefixes->count};

	return read_dump(socket, &dump);
}

int kernel_prefixes(struct arena *arena, struct kernel_socket *socket, enum family family,
		    struct prefixes *prefixes)
{
	struct prefix_reading reading = {arena, family, prefixes};

	*prefixes = (struct prefixes){0};
	if (add_prefixes(&reading, socket, RTM_GETROUTE))
		return -1;
	/* A kernel that was built with a single table has no rules. */
	return add_prefixes(&reading, socket, RTM_GETRULE) && errno != EOPNOTSUPP &&
			       errno != EAFNOSUPPORT
		       ? -1
		       : 0;
}
