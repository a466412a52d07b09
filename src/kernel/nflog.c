/*
 * Requests of nfnetlink_log, and the heads of the packets in what it sends.  Only so much of each packet is asked for as
 * its addresses and ports take.
 */
#include "kernel/nflog.h"

#include "kernel/attrs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_SIZE 256
#define RECEIVE_SIZE 65536

/* Two headers, with options in the first. */
#define COPY_BYTES 128

static struct nlmsghdr *put_header(void *buffer, uint16_t group)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *head;

	request->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = AF_UNSPEC;
	head->version = NFNETLINK_V0;
	head->res_id = htons(group);
	return request;
}

/* Sends a request and reads the kernel's word: 0, or -1 with errno. */
static int ask(int fd, struct nlmsghdr *request)
{
	char buffer[RECEIVE_SIZE];
	const struct nlmsghdr *answer = (const struct nlmsghdr *)(void *)buffer;
	ssize_t got;

	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -1;
	got = recv(fd, buffer, sizeof(buffer), 0);
	if (got < 0 || !mnl_nlmsg_ok(answer, (int)got) || answer->nlmsg_type != NLMSG_ERROR)
		return -1;
	errno = -((const struct nlmsgerr *)mnl_nlmsg_get_payload(answer))->error;
	return errno ? -1 : 0;
}

static int bind_group(int fd, uint16_t group)
{
	const struct nfulnl_msg_config_cmd command = {.command = NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(COPY_BYTES),
						    .copy_mode = NFULNL_COPY_PACKET};
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = put_header(buffer, group);

	mnl_attr_put(request, NFULA_CFG_CMD, sizeof(command), &command);
	if (ask(fd, request))
		return -1;
	request = put_header(buffer, group);
	mnl_attr_put(request, NFULA_CFG_MODE, sizeof(mode), &mode);
	return ask(fd, request);
}

int nflog_open(uint16_t group)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int error;

	if (fd < 0)
		return -1;
	if (!bind(fd, (const struct sockaddr *)&address, sizeof(address)) && !bind_group(fd, group))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* What stands behind the IP header. */
static void read_rest(const uint8_t *bytes, size_t len, struct packet *packet)
{
	if (has_ports(packet->protocol) && len >= 4)
		packet->dport = (uint16_t)(bytes[2] << 8 | bytes[3]);
	if (packet->protocol == IPPROTO_ICMPV6 && len >= 1)
		packet->icmpv6_type = bytes[0];
}

/* False: it is no packet of IP, or cut short. */
static bool read_packet(const uint8_t *bytes, size_t len, struct packet *packet)
{
	const size_t v4_len = len ? (size_t)(bytes[0] & 15) * 4 : 0;

	*packet = (struct packet){.family = V4};
	if (len >= 20 && bytes[0] >> 4 == 4 && len >= v4_len) {
		packet->protocol = bytes[9];
		memcpy(packet->saddr, bytes + 12, 4);
		memcpy(packet->daddr, bytes + 16, 4);
		read_rest(bytes + v4_len, len - v4_len, packet);
		return true;
	}
	if (len < 40 || bytes[0] >> 4 != 6)
		return false;
	packet->family = V6;
	packet->protocol = bytes[6];
	packet->hoplimit = bytes[7];
	memcpy(packet->saddr, bytes + 8, 16);
	memcpy(packet->daddr, bytes + 24, 16);
	read_rest(bytes + 40, len - 40, packet);
	return true;
}

static void take_message(const struct nlmsghdr *message, nflog_take take, void *context)
{
	const struct nlattr *attrs[KERNEL_ATTRS], *payload;
	struct packet packet;

	if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return;
	kernel_message_attrs(message, attrs);
	payload = attrs[NFULA_PAYLOAD];
	if (payload &&
	    read_packet(mnl_attr_get_payload(payload), mnl_attr_get_payload_len(payload), &packet))
		take(context, &packet);
}

int nflog_read(int fd, nflog_take take, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_SIZE];

	for (;;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)buffer;
		int len = (int)recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		/* What was lost is not told: there is a counter for each chain. */
		if (len < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (len < 0)
			return errno == EAGAIN ? 0 : -1;
		for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len))
			take_message(message, take, context);
	}
}
