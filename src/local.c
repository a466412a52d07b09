/* Route look-ups over rtnetlink.  See local.h. */
#include "local.h"

#include "arena.h"
#include "table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define ANSWER_SIZE 8192

struct local {
	struct arena *arena;
	struct mnl_socket *socket;
	unsigned seq;
	struct table known; /* addresses */
	bool *is_local;     /* by their numbers */
	size_t count;
};

struct local *local_open(struct arena *arena)
{
	struct local *local = arena_alloc(arena, sizeof(*local));

	local->arena = local->known.arena = arena;
	local->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!local->socket)
		return NULL;
	if (mnl_socket_bind(local->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		local_close(local);
		return NULL;
	}
	return local;
}

void local_close(struct local *local)
{
	if (local)
		mnl_socket_close(local->socket);
}

static int send_request(struct local *local, enum family family, const uint8_t *address)
{
	char buffer[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *route;

	request->nlmsg_type = RTM_GETROUTE;
	request->nlmsg_flags = NLM_F_REQUEST;
	request->nlmsg_seq = ++local->seq;
	route = mnl_nlmsg_put_extra_header(request, sizeof(*route));
	route->rtm_family = family == V4 ? AF_INET : AF_INET6;
	route->rtm_dst_len = (unsigned char)(8 * family_len(family));
	mnl_attr_put(request, RTA_DST, family_len(family), address);
	return mnl_socket_sendto(local->socket, request, request->nlmsg_len) < 0 ? -1 : 0;
}

/* An address that no route leads to is answered by an error, and is somebody else's. */
static int ask(struct local *local, enum family family, const uint8_t *address)
{
	char buffer[ANSWER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *answer = (const struct nlmsghdr *)(void *)buffer;
	ssize_t got;

	if (send_request(local, family, address))
		return -1;
	do
		got = mnl_socket_recvfrom(local->socket, buffer, sizeof(buffer));
	while ((got < 0 && errno == EINTR) ||
	       (got >= 0 && mnl_nlmsg_ok(answer, (int)got) && answer->nlmsg_seq != local->seq));
	if (got < 0)
		return -1;
	if (!mnl_nlmsg_ok(answer, (int)got) || answer->nlmsg_type != RTM_NEWROUTE)
		return 0;
	return ((const struct rtmsg *)mnl_nlmsg_get_payload(answer))->rtm_type == RTN_LOCAL;
}

int local_has(struct local *local, enum family family, const uint8_t *address)
{
	/* Addresses of the two families differ in length, and so as keys. */
	uint32_t number = table_find(&local->known, address, family_len(family));
	int is_local;

	if (number != TABLE_NONE)
		return local->is_local[number];
	is_local = ask(local, family, address);
	if (is_local < 0)
		return -1;
	table_add(&local->known, address, family_len(family), NULL);
	arena_push(local->arena, local->is_local, local->count, is_local > 0);
	return is_local;
}
