/*
 * Asks the kernel by rtnetlink about another namespace, under the number that the kernel has, or
 * now assigns, for that namespace.
 */
#include "kernel/netns_addrs.h"

#include "base/arena.h"
#include "kernel/attrs.h"
#include "kernel/carrier.h"
#include "kernel/socket.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256
#define ATTRIBUTES   16 /* the attributes that matter have lower numbers */

/* Limits the reading if addresses come and go without pause. */
#define TRIES 20

/* A question, and where the answers go. */
struct netns_question {
	struct arena *arena;
	struct kernel_socket *socket;
	int32_t number; /* the number of the namespace */
	uint32_t link;
	struct netns_addrs *addrs;
};

static int take_number(void *context, const struct nlmsghdr *message)
{
	struct netns_question *question = context;
	const struct nlattr *attrs[ATTRIBUTES];

	kernel_attrs_behind(message, sizeof(struct rtgenmsg), attrs, ATTRIBUTES);
	if (attrs[NETNSA_NSID])
		question->number = (int32_t)mnl_attr_get_u32(attrs[NETNSA_NSID]);
	return 0;
}

/* Asks for the number (RTM_GETNSID), or lets the kernel choose one (RTM_NEWNSID). */
static int ask_number(struct netns_question *question, uint16_t type, int netns)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = type;
	/* RTM_GETNSID is answered anyway, so it needs no acknowledgement. */
	request->nlmsg_flags = type == RTM_NEWNSID ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST;
	header->rtgen_family = AF_UNSPEC;
	mnl_attr_put_u32(request, NETNSA_FD, (uint32_t)netns);
	if (type == RTM_NEWNSID)
		mnl_attr_put_u32(request, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	return kernel_ask(question->socket, request, take_number, question);
}

static int find_number(struct netns_question *question, int netns)
{
	question->number = NETNSA_NSID_NOT_ASSIGNED;
	if (ask_number(question, RTM_GETNSID, netns))
		return -1;
	if (question->number != NETNSA_NSID_NOT_ASSIGNED)
		return 0;
	/* EEXIST means that somebody else assigned a number first. */
	if (ask_number(question, RTM_NEWNSID, netns) && errno != EEXIST)
		return -1;
	return ask_number(question, RTM_GETNSID, netns);
}

static int take_link(void *context, const struct nlmsghdr *message)
{
	struct netns_question *question = context;
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	question->link = (uint32_t)header->ifi_index;
	return 0;
}

static int find_link(struct netns_question *question, const char *name)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST;
	header->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, (uint32_t)question->number);
	return kernel_ask(question->socket, request, take_link, question);
}

static int take_address(void *context, const struct nlmsghdr *message)
{
	struct netns_question *question = context;
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[ATTRIBUTES], *found;
	struct addr addr = {.family = header->ifa_family == AF_INET ? V4 : V6};

	if (header->ifa_index != question->link || header->ifa_scope >= RT_SCOPE_LINK ||
	    (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
		return 0;
	/*
	 * On a link with a peer, IFA_ADDRESS is the address of the peer, and IPv6 has IFA_LOCAL as
	 * well.
	 */
	kernel_attrs_behind(message, sizeof(*header), attrs, ATTRIBUTES);
	found = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if (!found || mnl_attr_get_payload_len(found) != family_len(addr.family))
		return 0;
	memcpy(addr.bytes, mnl_attr_get_payload(found), family_len(addr.family));
	arena_push(question->arena, question->addrs->items, question->addrs->count, addr);
	return 0;
}

static int find_addresses(struct netns_question *question)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = RTM_GETADDR;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header->ifa_family = AF_UNSPEC;
	mnl_attr_put_u32(request, IFA_TARGET_NETNSID, (uint32_t)question->number);
	return kernel_ask(question->socket, request, take_address, question);
}

static int ask_once(struct arena *arena, int netns, const char *link, struct netns_addrs *addrs)
{
	struct netns_question question = {
		.arena = arena, .addrs = addrs, .socket = kernel_open(NETLINK_ROUTE)};
	int failed, error;

	*addrs = (struct netns_addrs){NULL, 0};
	if (!question.socket)
		return -1;
	/*
	 * A kernel that is not strict would ignore the number of the namespace, and answer about
	 * our own.
	 */
	failed = kernel_be_strict(question.socket) || find_number(&question, netns) ||
		 find_link(&question, link) || find_addresses(&question);
	error = errno;
	kernel_close(question.socket);
	errno = error;
	return failed ? -1 : 0;
}

/* EINTR means that something changed during the dump. */
int netns_addrs_of(struct arena *arena, int netns, const char *link, struct netns_addrs *addrs)
{
	int failed = -1;

	if (carrier_is_used())
		return carrier_netns_addrs(arena, netns, link, &addrs->items, &addrs->count);
	errno = EINTR;
	for (int tries = 0; failed && errno == EINTR && tries < TRIES; tries++)
		failed = ask_once(arena, netns, link, addrs);
	return failed;
}
