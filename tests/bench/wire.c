/* Replaces send() by a function that logs each message and how long the kernel takes for it. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "wire.h"

#include "stopwatch.h"

#include <dlfcn.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct wire_log log_now;
static bool logging, keeping;
static struct wire_times *times;

void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

static void *checked(void *memory)
{
	if (!memory)
		fail("memory");
	return memory;
}

static bool is_batch(const void *bytes)
{
	return ((const struct nlmsghdr *)bytes)->nlmsg_type == NFNL_MSG_BATCH_BEGIN;
}

/*
 * Is it a transaction without a message? By such a one, kernel/commit_watch.c waits for the
 * transactions of others.
 */
static bool is_empty(const uint8_t *bytes, size_t len)
{
	const size_t begin = NLMSG_ALIGN(((const struct nlmsghdr *)(const void *)bytes)->nlmsg_len);

	return is_batch(bytes) && len <= begin + NLMSG_SPACE(sizeof(struct nfgenmsg));
}

static void log_message(const void *bytes, size_t len, double start)
{
	double end = stopwatch();
	struct wire_message message = {
		.len = len, .time = end - start, .end = end, .batch = is_batch(bytes)};

	if (keeping) {
		message.bytes = checked(malloc(len));
		memcpy(message.bytes, bytes, len);
	}
	log_now.items =
		checked(realloc(log_now.items, (log_now.count + 1) * sizeof(*log_now.items)));
	log_now.items[log_now.count++] = message;
}

/* The linker prefers this function to that of libc, because a program's symbols come first. */
ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	double start = stopwatch();
	ssize_t sent = sendto(fd, bytes, len, flags, NULL, 0);

	if (logging && !is_empty(bytes, len))
		log_message(bytes, len, start);
	if (times && len >= sizeof(struct nlmsghdr) && is_batch(bytes))
		times->transactions += stopwatch() - start;
	return sent;
}

/* Before libc's own, too; six arguments are as many as a system call has. */
long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long args[6];
	double start;
	va_list list;
	long result;

	va_start(list, number);
	for (size_t i = 0; i < sizeof(args) / sizeof(*args); i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	start = stopwatch();
	result = next(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (times && number == SYS_membarrier)
		times->waits += stopwatch() - start;
	return result;
}

const struct wire_times *wire_share(void)
{
	times = mmap(NULL, sizeof(*times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (times == MAP_FAILED)
		fail("mmap");
	return times;
}

void wire_start(bool keeps)
{
	logging = true;
	keeping = keeps;
}

struct wire_log wire_stop(void)
{
	struct wire_log log = log_now;

	logging = false;
	log_now = (struct wire_log){0};
	return log;
}

void wire_free(struct wire_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->items[i].bytes);
	free(log->items);
	*log = (struct wire_log){0};
}

struct wire_sum wire_sum(const struct wire_log *log)
{
	struct wire_sum sum = {0};

	for (size_t i = 0; i < log->count; i++) {
		if (!log->items[i].batch)
			continue;
		sum.count++;
		sum.bytes += log->items[i].len;
		sum.time += log->items[i].time;
		if (log->items[i].time > sum.longest)
			sum.longest = log->items[i].time;
	}
	return sum;
}

static int open_socket(void)
{
	const struct sockaddr_nl here = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	const int size = 1 << 30;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&here, sizeof(here)))
		fail("netlink");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

static void say(int fd, const void *bytes, size_t len)
{
	if (sendto(fd, bytes, len, 0, NULL, 0) != (ssize_t)len)
		fail("sendmsg");
}

static void must_not_refuse(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type != NLMSG_ERROR || !error->error)
		return;
	errno = -error->error;
	fail("the kernel");
}

struct wanted {
	uint16_t type;
	const struct nlattr *found;
};

static int take_attribute(const struct nlattr *attr, void *context)
{
	struct wanted *wanted = context;

	if (mnl_attr_get_type(attr) == wanted->type)
		wanted->found = attr;
	return MNL_CB_OK;
}

/* Finds the number in an attribute of a message; NULL if there is no such attribute. */
static void *number_of(const struct nlmsghdr *message, uint16_t type)
{
	struct wanted wanted = {.type = type};

	mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, &wanted);
	return wanted.found ? mnl_attr_get_payload(wanted.found) : NULL;
}

/* Reads the generation, a number that each transaction changes. */
static uint32_t generation(int fd)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg nfgen;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			   .nlmsg_flags = NLM_F_REQUEST},
	};
	union {
		struct nlmsghdr message;
		char bytes[4096];
	} answer;
	const void *number;
	uint32_t found;

	say(fd, &request, sizeof(request));
	if (recv(fd, &answer, sizeof(answer), 0) < 0)
		fail("generation");
	must_not_refuse(&answer.message);
	number = number_of(&answer.message, NFTA_GEN_ID);
	if (!number)
		fail("generation");
	memcpy(&found, number, sizeof(found));
	return ntohl(found);
}

/*
 * If the transaction is for one generation (the first of several is: node/send.c), makes it one for
 * this generation.
 */
static void set_generation(uint8_t *bytes, uint32_t number)
{
	void *at = number_of((const struct nlmsghdr *)(void *)bytes, NFNL_BATCH_GENID);

	static const uint8_t any[sizeof(number)];

	number = htonl(number);
	if (at && memcmp(at, any, sizeof(any)))
		memcpy(at, &number, sizeof(number));
}

double wire_commit(const struct wire_log *log)
{
	union {
		struct nlmsghdr message;
		char bytes[65536];
	} answer;
	int fd = open_socket();
	const uint32_t number = generation(fd);
	double start;

	for (size_t i = 0; i < log->count; i++)
		if (log->items[i].batch)
			set_generation(log->items[i].bytes, number);
	start = stopwatch();
	for (size_t i = 0; i < log->count; i++)
		if (log->items[i].batch)
			say(fd, log->items[i].bytes, log->items[i].len);
	start = stopwatch() - start;
	while (recv(fd, &answer, sizeof(answer), MSG_DONTWAIT) > 0)
		must_not_refuse(&answer.message);
	close(fd);
	return start;
}

/* Receives messages until the one that ends the answer. */
static void take_answer(int fd)
{
	static char buffer[65536];

	for (;;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)buffer;
		int len = (int)recv(fd, buffer, sizeof(buffer), 0);

		if (len <= 0)
			fail("answer");
		for (; mnl_nlmsg_ok(message, len); message = mnl_nlmsg_next(message, &len)) {
			must_not_refuse(message);
			if (message->nlmsg_type == NLMSG_DONE ||
			    !(message->nlmsg_flags & NLM_F_MULTI))
				return;
		}
	}
}

double wire_ask(const struct wire_log *log)
{
	int fd = open_socket();
	double start = stopwatch();

	for (size_t i = 0; i < log->count; i++) {
		if (log->items[i].batch)
			continue;
		say(fd, log->items[i].bytes, log->items[i].len);
		take_answer(fd);
	}
	start = stopwatch() - start;
	close(fd);
	return start;
}
