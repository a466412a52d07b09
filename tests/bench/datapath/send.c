/*
 * Sends UDP packets into a link and says what one costs: the kernel carries a packet all the way, as
 * far as it gets, before the system call returns, so that the time of the call is the packet's.
 *
 *     send --pod ADDRESS --mac MAC --interface NAME --source-port N [--fresh]
 *          [--packets N | --milliseconds N] [--queue NAMESPACE] < FLOWS
 *
 * The flows to the pod are gone through over and over; with --fresh the source port is the next one
 * each time round, so that each packet is the first of a connection.  Prints the number of packets
 * and, of --milliseconds, the nanoseconds of one: wall time, the median over batches.
 */
#define _GNU_SOURCE
#include "common.h"
#include "queue.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH   32
#define WARM_UP 4 /* batches whose time is not noted */
#define LEAST   8 /* batches whose time is, however long they take */

struct frame {
	char unsent[2]; /* so that the rest is aligned */
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
	char payload[20]; /* with which an Ethernet frame has its least length */
};
#define UDP_LENGTH (sizeof(struct frame) - offsetof(struct frame, udp))
#define IP_LENGTH  (sizeof(struct frame) - offsetof(struct frame, ip))
#define LENGTH     (sizeof(struct frame) - offsetof(struct frame, ether))

struct sender {
	int socket;
	struct queue *queue;
	struct flow *flows;
	size_t flow_count;
	bool fresh;
	in_addr_t pod;
	struct frame frames[BATCH];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
	size_t next_flow;
	uint16_t source_port;
	uint64_t sent;
};

/* Sets the Internet checksum of an IPv4 header. */
static void set_checksum(struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;

	ip->check = 0;
	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = (uint16_t)((sum + (sum >> 16)) ^ 0xffff);
}

static void prepare(struct sender *sender, const struct ether_addr *mac)
{
	struct frame frame = {
		.ether.ether_type = htons(ETHERTYPE_IP),
		.ip = {.version = 4,
		       .ihl = 5,
		       .tot_len = htons(IP_LENGTH),
		       .ttl = 64,
		       .protocol = IPPROTO_UDP,
		       .daddr = sender->pod},
		.udp.len = htons(UDP_LENGTH),
	};

	memcpy(frame.ether.ether_dhost, mac, ETH_ALEN);
	for (size_t i = 0; i < BATCH; i++) {
		sender->frames[i] = frame;
		sender->vectors[i] = (struct iovec){&sender->frames[i].ether, LENGTH};
		sender->messages[i].msg_hdr =
			(struct msghdr){.msg_iov = &sender->vectors[i], .msg_iovlen = 1};
	}
}

/* Makes a frame the next one. */
static void fill(struct sender *sender, struct frame *frame)
{
	const struct flow *flow = &sender->flows[sender->next_flow];

	frame->ip.saddr = flow->source;
	set_checksum(&frame->ip);
	frame->udp.source = htons(sender->source_port);
	frame->udp.dest = flow->port;
	if (++sender->next_flow == sender->flow_count) {
		sender->next_flow = 0;
		sender->source_port = (uint16_t)(sender->source_port + sender->fresh);
	}
}

/* Sends some packets, and has them judged where there is a queue. */
static void send_batch(struct sender *sender, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		fill(sender, &sender->frames[i]);
	for (unsigned int done = 0; done < count;) {
		int sent = sendmmsg(sender->socket, sender->messages + done, count - done, 0);

		if (sent < 0)
			fail("sendmmsg");
		done += (unsigned int)sent;
	}
	if (sender->queue)
		queue_accept(sender->queue, count);
	sender->sent += count;
}

/* Sends so many packets. */
static void send_packets(struct sender *sender, uint64_t packets)
{
	while (packets) {
		unsigned int count = packets < BATCH ? (unsigned int)packets : BATCH;

		send_batch(sender, count);
		packets -= count;
	}
}

/* Sends for a time, and notes what a packet of each batch took, in picoseconds. */
static void send_for(struct sender *sender, uint64_t nanoseconds, struct times *times)
{
	uint64_t start = now(), before = start;
	size_t batches = 0;

	while (before - start < nanoseconds || times->count < LEAST) {
		uint64_t after;

		send_batch(sender, BATCH);
		after = now();
		if (++batches > WARM_UP)
			times_add(times, (after - before) * 1000 / BATCH);
		before = after;
	}
}

static int open_link(const char *interface)
{
	const int yes = 1;
	struct sockaddr_ll link = {.sll_family = AF_PACKET,
				   .sll_ifindex = (int)if_nametoindex(interface)};
	int opened = socket(AF_PACKET, SOCK_RAW, 0);

	if (opened < 0 || !link.sll_ifindex ||
	    bind(opened, (struct sockaddr *)&link, sizeof(link)) ||
	    setsockopt(opened, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)))
		fail(interface);
	return opened;
}

static const struct option options[] = {{"pod", required_argument, NULL, 'd'},
					{"mac", required_argument, NULL, 'm'},
					{"interface", required_argument, NULL, 'i'},
					{"source-port", required_argument, NULL, 's'},
					{"fresh", no_argument, NULL, 'f'},
					{"packets", required_argument, NULL, 'p'},
					{"milliseconds", required_argument, NULL, 't'},
					{"queue", required_argument, NULL, 'q'},
					{0}};

/* Reads the arguments; sets how much to send. */
static void set_up(struct sender *sender, int argc, char **argv, uint64_t *packets,
		   uint64_t *milliseconds)
{
	struct ether_addr mac = {0};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'd':
			sender->pod = address(optarg);
			break;
		case 'm':
			if (!ether_aton_r(optarg, &mac))
				refuse("a MAC address", optarg);
			break;
		case 'i':
			sender->socket = open_link(optarg);
			break;
		case 's':
			sender->source_port = (uint16_t)number(optarg, UINT16_MAX);
			break;
		case 'f':
			sender->fresh = true;
			break;
		case 'p':
			*packets = number(optarg, UINT32_MAX);
			break;
		case 't':
			*milliseconds = number(optarg, 60000);
			break;
		case 'q':
			sender->queue = queue_open(optarg);
			break;
		default:
			exit(1);
		}
	}
	prepare(sender, &mac);
}

int main(int argc, char **argv)
{
	static struct sender sender = {.socket = -1};
	struct times times = {0};
	uint64_t packets = 0, milliseconds = 0;

	set_up(&sender, argc, argv, &packets, &milliseconds);
	sender.flows = read_flows(&sender.flow_count);
	send_packets(&sender, packets);
	if (milliseconds)
		send_for(&sender, milliseconds * 1000000, &times);
	printf("%ju %.3f\n", (uintmax_t)sender.sent, (double)times_median(&times) / 1000);
	free(times.values);
	free(sender.flows);
	return 0;
}
