/* What send.c and connect.c have in common: see common.h. */
#define _GNU_SOURCE
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void fail(const char *what)
{
	perror(what);
	exit(1);
}

void refuse(const char *what, const char *argument)
{
	fprintf(stderr, "not %s: %s\n", what, argument);
	exit(1);
}

uint64_t number(const char *text, uint64_t most)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *end || value > most)
		refuse("a number, or too large", text);
	return value;
}

in_addr_t address(const char *text)
{
	struct in_addr parsed;

	if (inet_pton(AF_INET, text, &parsed) != 1)
		refuse("an IPv4 address", text);
	return parsed.s_addr;
}

struct flow *read_flows(size_t *count)
{
	struct flow *flows = NULL;
	size_t room = 0;
	char source[16];
	unsigned int port;
	int read;

	*count = 0;
	while ((read = scanf("%15s %u", source, &port)) == 2 && port <= UINT16_MAX) {
		if (*count == room) {
			room = room ? 2 * room : 1024;
			flows = realloc(flows, room * sizeof(*flows));
			if (!flows)
				fail("realloc");
		}
		flows[(*count)++] = (struct flow){address(source), htons((uint16_t)port)};
	}
	if (read != EOF || *count == 0) {
		fprintf(stderr, "bad flow after %zu good ones\n", *count);
		exit(1);
	}
	return flows;
}

static int open_namespace(const char *path)
{
	int opened = open(path, O_RDONLY | O_CLOEXEC);

	if (opened < 0)
		fail(path);
	return opened;
}

int namespace_enter(const char *path)
{
	int home = open_namespace("/proc/thread-self/ns/net");

	namespace_leave(open_namespace(path));
	return home;
}

void namespace_leave(int home)
{
	if (setns(home, CLONE_NEWNET))
		fail("setns");
	close(home);
}

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void times_add(struct times *times, uint64_t value)
{
	if (times->count == times->room) {
		times->room = times->room ? 2 * times->room : 1024;
		times->values = realloc(times->values, times->room * sizeof(*times->values));
		if (!times->values)
			fail("realloc");
	}
	times->values[times->count++] = value;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

uint64_t times_median(struct times *times)
{
	if (!times->count)
		return 0;
	qsort(times->values, times->count, sizeof(*times->values), compare);
	return times->values[times->count / 2];
}
