/* The half of the process that has a carrier: it sends the carrier on errands. */
#include "kernel/carrier.h"

#include "base/arena.h"
#include "kernel/carrier_errand.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Errands of so many bytes are written at once with their head. */
#define SMALL 4096

/*
 * A carrier that has not done an errand and takes no processor time for so many seconds counts as
 * lost.  As that is looked at only so often, it takes up to twice as long until it does.  A carrier
 * may wait for the kernel as long as others change nf_tables, but not longer.
 */
#define IDLE_SECONDS 15

/* A process has one carrier, as it has one set of capabilities. */
static struct {
	int fd; /* a socket, of which the carrier has the other end */
	pid_t pid;
	bool is_lost;
	double work; /* the processor time that it had taken when it was last looked at */
} carrier = {.fd = -1};

/* Notes the processor time that the carrier has taken; returns whether it has taken any meanwhile. */
static bool has_worked(void)
{
	const double before = carrier.work;

	carrier.work = carrier_work_seconds();
	return carrier.work > before;
}

void carrier_use(int socket, pid_t pid)
{
	const struct timeval limit = {.tv_sec = IDLE_SECONDS};

	carrier.fd = socket;
	carrier.pid = pid;
	setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	errand_when_late(has_worked);
}

/* Waits for the carrier's end as waitpid() does; returns whether it has ended. */
static bool wait_for_end(int options)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(carrier.pid, &status, options);
	while (pid < 0 && errno == EINTR);
	return pid < 0 || (pid > 0 && !WIFSTOPPED(status));
}

/*
 * A carrier that is stopped or lost does not end by itself, and is killed.  If this process has given
 * up the right to do that, the kernel does it when the process ends (kernel/carrier_process.c).
 */
void carrier_end(void)
{
	const int error = errno;

	if (carrier.fd < 0)
		return;
	close(carrier.fd);
	carrier.fd = -1;
	if (carrier.pid > 0 && !wait_for_end(carrier.is_lost ? WNOHANG : WUNTRACED) &&
	    !kill(carrier.pid, SIGKILL))
		wait_for_end(0);
	errno = error;
}

bool carrier_is_used(void)
{
	return carrier.fd >= 0;
}

bool carrier_is_lost(void)
{
	return carrier.is_lost;
}

/* It says nothing unasked, so whatever can be read is its end. */
bool carrier_has_ended(void)
{
	struct pollfd end = {.fd = carrier.fd, .events = POLLIN};

	return carrier.is_lost || poll(&end, 1, 0) > 0;
}

int carrier_fd(void)
{
	return carrier.fd;
}

double carrier_work_seconds(void)
{
	struct timespec time;
	clockid_t clock;

	if (carrier.fd < 0 || clock_getcpuclockid(carrier.pid, &clock) ||
	    clock_gettime(clock, &time))
		return 0;
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/*
 * Notes that the carrier is lost.  After a message that was sent or received only in part, neither
 * side could understand the next one.  Whether its last errand was done is not known; nothing more is
 * sent to the kernel, so whoever comes next reads the table.
 */
static int lose(void)
{
	carrier.is_lost = true;
	errno = EOWNERDEAD;
	return -1;
}

/* Writes an errand with what belongs to it; returns 0, or -1 with errno. */
static int write_errand(struct errand errand, const void *bytes, int fd)
{
	char small[sizeof(errand) + SMALL];
	const size_t within = errand.len <= SMALL ? errand.len : 0;

	if (carrier.is_lost)
		return lose();
	memcpy(small, &errand, sizeof(errand));
	if (within && bytes)
		memcpy(small + sizeof(errand), bytes, within);
	if (!errand_write_beside(carrier.fd, small, sizeof(errand) + within, fd) ||
	    (!within && !errand_write(carrier.fd, bytes, errand.len)))
		return lose();
	return 0;
}

/* Writes an errand, and reads the answer up to the bytes that follow it; returns 0, or -1 with errno. */
static int run_errand(struct errand errand, const void *bytes, int beside,
		      struct errand_answer *answer, int *fd)
{
	int none;

	if (write_errand(errand, bytes, beside))
		return -1;
	if (!errand_read_beside(carrier.fd, answer, sizeof(*answer), fd ? fd : &none))
		return lose();
	errno = answer->error;
	return errno ? -1 : 0;
}

int carrier_open(int *number)
{
	struct errand_answer answer;
	int fd;

	if (run_errand((struct errand){.kind = ERRAND_OPEN}, NULL, -1, &answer, &fd))
		return -1;
	*number = answer.number;
	return fd < 0 ? lose() : fd;
}

/* It matters to nobody whether this reaches a carrier that has ended. */
void carrier_close(int number)
{
	const struct errand errand = {.kind = ERRAND_CLOSE, .number = number};
	const int error = errno;

	if (!carrier.is_lost)
		errand_write(carrier.fd, &errand, sizeof(errand));
	errno = error;
}

int carrier_send(int number, const void *bytes, size_t len)
{
	struct errand_answer answer;

	if (len > ERRAND_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	return run_errand(
		(struct errand){.kind = ERRAND_SEND, .number = number, .len = (uint32_t)len}, bytes,
		-1, &answer, NULL);
}

int carrier_listen(int number, bool listens)
{
	struct errand_answer answer;

	return run_errand(
		(struct errand){.kind = ERRAND_LISTEN, .number = number, .value = listens}, NULL,
		-1, &answer, NULL);
}

void carrier_make_room(int number)
{
	struct errand_answer answer;

	run_errand((struct errand){.kind = ERRAND_ROOM, .number = number}, NULL, -1, &answer, NULL);
}

int carrier_legacy_policy(enum family family)
{
	struct errand_answer answer;

	return run_errand((struct errand){.kind = ERRAND_LEGACY, .value = family}, NULL, -1,
			  &answer, NULL)
		       ? -1
		       : answer.number;
}

int carrier_netns_addrs(struct arena *arena, int netns, const char *link, struct addr **addrs,
			size_t *count)
{
	struct errand_answer answer;

	*addrs = NULL;
	*count = 0;
	if (run_errand((struct errand){.kind = ERRAND_ADDRS, .len = (uint32_t)strlen(link)}, link,
		       netns, &answer, NULL))
		return -1;
	*count = answer.len / sizeof(**addrs);
	*addrs = arena_array(arena, *count, sizeof(**addrs));
	return errand_read(carrier.fd, *addrs, answer.len) ? 0 : lose();
}
