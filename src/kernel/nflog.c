/*
 * Configures nfnetlink_log, and reads the headers of the packets that it sends.  Of each packet it
 * asks only for as many bytes as addresses and ports take.
 */
#include "kernel/nflog.h"

#include "kernel/attrs.h"
#include "kernel/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256

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

/*
 * Passes over every message but the acknowledgement: packets for the group may arrive before the
 * kernel acknowledges the request.
 */
static int pass_over(void *context, const struct nlmsghdr *message)
{
	(void)context;
	(void)message;
	return 0;
}

static int bind_group(struct kernel_socket *socket, uint16_t group)
{
	const struct nfulnl_msg_config_cmd command = {.command = NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {.copy_range = htonl(NFLOG_COPY_BYTES),
						    .copy_mode = NFULNL_COPY_PACKET};
	char buffer[REQUEST_SIZE];
	struct nlmsghdr *request = put_header(buffer, group);

	mnl_attr_put(request, NFULA_CFG_CMD, sizeof(command), &command);
	mnl_attr_put(request, NFULA_CFG_MODE, sizeof(mode), &mode);
	return kernel_ask(socket, request, pass_over, NULL);
}

struct kernel_socket *nflog_open(uint16_t group)
{
	struct kernel_socket *socket = kernel_open(NETLINK_NETFILTER);
	int error;

	if (!socket || !bind_group(socket, group))
		return socket;
	error = errno;
	kernel_close(socket);
	errno = error;
	return NULL;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* Reads the header behind the IP header. */
static void read_rest(const uint8_t *bytes, size_t len, struct packet *packet)
{
	if (has_ports(packet->protocol) && len >= 4)
		packet->dport = (uint16_t)(bytes[2] << 8 | bytes[3]);
	if (packet->protocol == IPPROTO_ICMPV6 && len >= 1)
		packet->icmpv6_type = bytes[0];
}

/* Returns false if it is no IP packet, or is cut short. */
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

/* The function that takes the packets, and its context. */
struct packet_taker {
	nflog_take take;
	void *context;
};

static int take_message(void *context, const struct nlmsghdr *message)
{
	const struct packet_taker *taker = context;
	const struct nlattr *attrs[KERNEL_ATTRS], *payload;
	const char *prefix;
	struct packet packet;

	if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET))
		return 0;
	kernel_message_attrs(message, attrs);
	payload = attrs[NFULA_PAYLOAD];
	prefix = attrs[NFULA_PREFIX] ? mnl_attr_get_str(attrs[NFULA_PREFIX]) : "";
	if (payload &&
	    read_packet(mnl_attr_get_payload(payload), mnl_attr_get_payload_len(payload), &packet))
		taker->take(taker->context, &packet, prefix);
	return 0;
}

int nflog_read(struct kernel_socket *socket, nflog_take take, void *context)
{
	struct packet_taker taker = {take, context};

	/* Packets that got lost are not reported: the chains count all of them anyway. */
	return kernel_hear(socket, take_message, &taker);
}
