/*
 * Opens and ends TCP connections, one after the other, and says what one costs.  Client and server
 * are this one thread, so that nothing waits for the scheduler: the handshake is done by the time
 * that accept() is asked.  The client ends the connection at once, by a reset, so that neither side
 * keeps anything of it.
 *
 *     connect --pod ADDRESS --server NAMESPACE --milliseconds N [--queue NAMESPACE] < FLOWS
 *
 * The flows are gone through over and over.  Prints the number of connections, and the nanoseconds
 * of one: wall time, the median over batches.
 */
#include "common.h"
#include "queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH   8
#define WARM_UP 4 /* batches whose time is not noted */
#define LEAST   8 /* batches whose time is, however long they take */

static int servers[UINT16_MAX + 1]; /* listening sockets by port, in network byte order */
static struct queue *queue;

static int stream(int flags)
{
	int opened = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (opened < 0)
		fail("socket");
	return opened;
}

static struct sockaddr_in endpoint(in_addr_t address, in_port_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = address};
}

static int server(in_port_t port)
{
	const struct timeval patience = {.tv_sec = 1};
	struct sockaddr_in own = endpoint(htonl(INADDR_ANY), port);
	int opened = stream(0);

	if (bind(opened, (struct sockaddr *)&own, sizeof(own)) || listen(opened, BATCH) ||
	    setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		fail("server");
	return opened;
}

static void open_servers(const char *path, const struct flow *flows, size_t count)
{
	int home = namespace_enter(path);

	for (size_t i = 0; i < count; i++)
		if (!servers[flows[i].port])
			servers[flows[i].port] = server(flows[i].port);
	namespace_leave(home);
}

static void connect_once(const struct flow *flow, in_addr_t pod)
{
	const struct linger reset = {.l_onoff = 1};
	const int yes = 1;
	struct sockaddr_in own = endpoint(flow->source, 0), other = endpoint(pod, flow->port);
	int client = stream(SOCK_NONBLOCK), accepted;

	if (setsockopt(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)) ||
	    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ||
	    bind(client, (struct sockaddr *)&own, sizeof(own)) ||
	    (connect(client, (struct sockaddr *)&other, sizeof(other)) && errno != EINPROGRESS))
		fail("connect");
	if (queue)
		queue_accept(queue, 1);
	accepted = accept(servers[flow->port], NULL, NULL);
	if (accepted < 0)
		fail("accept");
	close(client);
	close(accepted);
}

/* Connects for a time, and notes what one connection of each batch took. */
static size_t connect_for(const struct flow *flows, size_t count, in_addr_t pod,
			  uint64_t nanoseconds, struct times *times)
{
	uint64_t start = now(), before = start;
	size_t done = 0;

	while (before - start < nanoseconds || times->count < LEAST) {
		uint64_t after;

		for (size_t i = 0; i < BATCH; i++)
			connect_once(&flows[done++ % count], pod);
		after = now();
		if (done > WARM_UP * BATCH)
			times_add(times, (after - before) / BATCH);
		before = after;
	}
	return done;
}

static const struct option options[] = {{"pod", required_argument, NULL, 'd'},
					{"server", required_argument, NULL, 's'},
					{"milliseconds", required_argument, NULL, 't'},
					{"queue", required_argument, NULL, 'q'},
					{0}};

int main(int argc, char **argv)
{
	struct times times = {0};
	uint64_t milliseconds = 0;
	const char *path = "";
	in_addr_t pod = 0;
	size_t count, done;
	struct flow *flows;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'd')
			pod = address(optarg);
		else if (option == 's')
			path = optarg;
		else if (option == 't')
			milliseconds = number(optarg, 60000);
		else if (option == 'q')
			queue = queue_open(optarg);
		else
			return 1;
	}
	flows = read_flows(&count);
	open_servers(path, flows, count);
	done = connect_for(flows, count, pod, milliseconds * 1000000, &times);
	printf("%zu %ju\n", done, (uintmax_t)times_median(&times));
	free(times.values);
	free(flows);
	return 0;
}
