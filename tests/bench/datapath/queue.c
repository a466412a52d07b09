/*
 * In: packets that the kernel has queued.  Out: a verdict for each, always "accept", in a message of
 * its own, as agents that judge packets in userspace send it.  Nothing of a packet is looked at, so
 * this is the least that such an agent can cost.
 */
#include "queue.h"

#include "common.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <sys/socket.h>

#define COPIED 65535 /* bytes of a packet that the kernel hands over */
#define LENGTH 4096  /* packets that may wait */
#define NUMBER 100   /* of the queue */

struct queue {
	struct mnl_socket *socket;
	char buffer[COPIED + 4096];
};

static struct nlmsghdr *start(struct queue *queue, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(queue->buffer);
	struct nfgenmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));

	header->nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type);
	header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	*message = (struct nfgenmsg){
		.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(NUMBER)};
	return header;
}

static void finish(struct queue *queue, struct nlmsghdr *header)
{
	if (mnl_socket_sendto(queue->socket, header, header->nlmsg_len) < 0)
		fail("netlink send");
}

static size_t receive(struct queue *queue)
{
	ssize_t got = mnl_socket_recvfrom(queue->socket, queue->buffer, sizeof(queue->buffer));

	if (got < 0)
		fail("netlink receive");
	return (size_t)got;
}

static void configure(struct queue *queue)
{
	const struct nfqnl_msg_config_cmd bind = {.command = NFQNL_CFG_CMD_BIND};
	const struct nfqnl_msg_config_params params = {.copy_range = htonl(COPIED),
						       .copy_mode = NFQNL_COPY_PACKET};
	struct nlmsghdr *header = start(queue, NFQNL_MSG_CONFIG, NLM_F_ACK);

	mnl_attr_put(header, NFQA_CFG_CMD, sizeof(bind), &bind);
	mnl_attr_put(header, NFQA_CFG_PARAMS, sizeof(params), &params);
	mnl_attr_put_u32(header, NFQA_CFG_QUEUE_MAXLEN, htonl(LENGTH));
	finish(queue, header);
	if (mnl_cb_run(queue->buffer, receive(queue), 0, mnl_socket_get_portid(queue->socket), NULL,
		       NULL) < 0)
		fail("queue");
}

struct queue *queue_open(const char *path)
{
	const struct timeval patience = {.tv_sec = 1};
	struct queue *queue = malloc(sizeof(*queue));
	int home = namespace_enter(path);

	if (!queue)
		fail("malloc");
	queue->socket = mnl_socket_open(NETLINK_NETFILTER);
	if (!queue->socket || mnl_socket_bind(queue->socket, 0, MNL_SOCKET_AUTOPID) ||
	    setsockopt(mnl_socket_get_fd(queue->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)))
		fail("netlink");
	namespace_leave(home);
	configure(queue);
	return queue;
}

static int find_id(const struct nlattr *attribute, void *id)
{
	const struct nfqnl_msg_packet_hdr *packet = mnl_attr_get_payload(attribute);

	if (mnl_attr_get_type(attribute) == NFQA_PACKET_HDR)
		*(uint32_t *)id = packet->packet_id;
	return MNL_CB_OK;
}

static int read_id(const struct nlmsghdr *header, void *id)
{
	return mnl_attr_parse(header, sizeof(struct nfgenmsg), find_id, id);
}

void queue_accept(struct queue *queue, size_t count)
{
	while (count--) {
		struct nfqnl_msg_verdict_hdr verdict = {.verdict = htonl(NF_ACCEPT)};
		struct nlmsghdr *header;

		if (mnl_cb_run(queue->buffer, receive(queue), 0, 0, read_id, &verdict.id) < 0)
			fail("queue");
		header = start(queue, NFQNL_MSG_VERDICT, 0);
		mnl_attr_put(header, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
		finish(queue, header);
	}
}
