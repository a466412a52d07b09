/*
 * The kernel is asked through rtnetlink about another namespace by a number that it has, or is given, for
 * that namespace; so no thread has to enter it.
 */
#include "kernel/netns_addrs.h"

#include "base/arena.h"
#include "base/call.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256
#define RECEIVE_SIZE 32768
#define ATTRIBUTES   16

/* Addresses that come and go without pause must not keep us reading for ever. */
#define TRIES 20

/* What is asked, and where the answers go. */
struct netns_question {
	struct arena *arena;
	struct mnl_socket *socket;
	unsigned sequence;
	int32_t number; /* of the namespace */
	uint32_t link;
	struct netns_addrs *addrs;
};

static int ask(struct netns_question *question, struct nlmsghdr *request, mnl_cb_t take)
{
	const unsigned port = mnl_socket_get_portid(question->socket);
	char buffer[RECEIVE_SIZE];
	int status = MNL_CB_OK;
	ssize_t got;

	request->nlmsg_seq = ++question->sequence;
	if (mnl_socket_sendto(question->socket, request, request->nlmsg_len) < 0)
		return -1;
	while (status > MNL_CB_STOP) {
		do
			got = mnl_socket_recvfrom(question->socket, buffer, sizeof(buffer));
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return -1;
		status = mnl_cb_run(buffer, (size_t)got, request->nlmsg_seq, port, take, question);
	}
	return status < 0 ? -1 : 0;
}

/* Attributes by number, as far as they matter. */
static int take_attribute(const struct nlattr *attr, void *context)
{
	const struct nlattr **attrs = context;

	if (mnl_attr_get_type(attr) < ATTRIBUTES)
		attrs[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int take_number(const struct nlmsghdr *message, void *context)
{
	struct netns_question *question = context;
	const struct nlattr *attrs[ATTRIBUTES] = {NULL};

	mnl_attr_parse(message, sizeof(struct rtgenmsg), take_attribute, attrs);
	if (attrs[NETNSA_NSID])
		question->number = (int32_t)mnl_attr_get_u32(attrs[NETNSA_NSID]);
	return MNL_CB_OK;
}

/* @type: RTM_GETNSID, or RTM_NEWNSID with a number that the kernel chooses. */
static int ask_number(struct netns_question *question, uint16_t type, int netns)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->rtgen_family = AF_UNSPEC;
	mnl_attr_put_u32(request, NETNSA_FD, (uint32_t)netns);
	if (type == RTM_NEWNSID)
		mnl_attr_put_u32(request, NETNSA_NSID, (uint32_t)NETNSA_NSID_NOT_ASSIGNED);
	return ask(question, request, take_number);
}

static int find_number(struct netns_question *question, int netns)
{
	question->number = NETNSA_NSID_NOT_ASSIGNED;
	if (ask_number(question, RTM_GETNSID, netns))
		return -1;
	if (question->number != NETNSA_NSID_NOT_ASSIGNED)
		return 0;
	/* EEXIST: somebody else was faster. */
	if (ask_number(question, RTM_NEWNSID, netns) && errno != EEXIST)
		return -1;
	return ask_number(question, RTM_GETNSID, netns);
}

static int take_link(const struct nlmsghdr *message, void *context)
{
	struct netns_question *question = context;
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	question->link = (uint32_t)header->ifi_index;
	return MNL_CB_OK;
}

static int find_link(struct netns_question *question, const char *name)
{
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, (uint32_t)question->number);
	return ask(question, request, take_link);
}

static int take_address(const struct nlmsghdr *message, void *context)
{
	struct netns_question *question = context;
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[ATTRIBUTES] = {NULL}, *found;
	struct addr addr = {.family = header->ifa_family == AF_INET ? V4 : V6};

	if (header->ifa_index != question->link || header->ifa_scope >= RT_SCOPE_LINK ||
	    (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
		return MNL_CB_OK;
	/* At a link with a peer, IFA_ADDRESS is that peer's; IPv6 then has the other one, too. */
	mnl_attr_parse(message, sizeof(*header), take_attribute, attrs);
	found = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if (!found || mnl_attr_get_payload_len(found) != family_len(addr.family))
		return MNL_CB_OK;
	memcpy(addr.bytes, mnl_attr_get_payload(found), family_len(addr.family));
	arena_push(question->arena, question->addrs->items, question->addrs->count, addr);
	return MNL_CB_OK;
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
	return ask(question, request, take_address);
}

/* A socket whose requests the kernel reads to the end: otherwise it would pass over the namespace's number. */
static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int on = 1, error;

	if (!socket)
		return NULL;
	if (!mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) &&
	    !mnl_socket_setsockopt(socket, NETLINK_GET_STRICT_CHK, &on, sizeof(on)))
		return socket;
	error = errno;
	mnl_socket_close(socket);
	errno = error;
	return NULL;
}

static void give_back(void *socket)
{
	mnl_socket_close(socket);
}

static int ask_once(struct arena *arena, int netns, const char *link, struct netns_addrs *addrs)
{
	struct netns_question question = {.arena = arena, .addrs = addrs, .socket = open_socket()};
	struct undo undo;
	int failed, error;

	*addrs = (struct netns_addrs){NULL, 0};
	if (!question.socket)
		return -1;
	undo_later(&undo, give_back, question.socket);
	failed = find_number(&question, netns) || find_link(&question, link) ||
		 find_addresses(&question);
	error = errno;
	undo_never(&undo);
	mnl_socket_close(question.socket);
	errno = error;
	return failed ? -1 : 0;
}

/* EINTR: something changed while it was told. */
int netns_addrs_of(struct arena *arena, int netns, const char *link, struct netns_addrs *addrs)
{
	int failed = -1;

	errno = EINTR;
	for (int tries = 0; failed && errno == EINTR && tries < TRIES; tries++)
		failed = ask_once(arena, netns, link, addrs);
	return failed;
}
