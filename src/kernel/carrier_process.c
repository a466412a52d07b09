/*
 * Reads one errand after the other and does it.  What is to be sent is copied into memory of its own
 * first, so that nobody can change it after it was found to be permitted.
 */
#include "kernel/carrier_process.h"

#include "base/arena.h"
#include "base/files.h"
#include "kernel/carrier.h"
#include "kernel/carrier_errand.h"
#include "kernel/iptables_legacy.h"
#include "kernel/netns_addrs.h"
#include "kernel/carrier_permit.h"
#include "kernel/socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* More sockets than a command or an agent has at once. */
#define SOCKETS 32

/* A batch of usual length is written to the carrier at once. */
#define ROOM (2 << 20)

/* Memory of so many bytes is kept from one errand to the next. */
#define KEPT_BYTES ((size_t)1 << 20)

#define LINK_NAME_LEN 15

struct carrying {
	int fd;
	const char *table;
	struct kernel_socket *sockets[SOCKETS]; /* NULL: free */
	void *bytes;
	size_t size;
};

/*
 * Closes every file but the sockets that the carrier needs, and @kept; has it outlive signals that are meant for the
 * process which it serves, but not that process: a carrier that is stopped cannot see that the other end of
 * its socket is closed, and would hold the lock on.
 */
static void begin_carrying(int socket, int kept)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	files_keep_only(socket, kept);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		signal(signals[i], SIG_IGN);
}

/* The bytes that follow an errand; NULL if they cannot be had. */
static const void *read_bytes(struct carrying *carrying, size_t len)
{
	if (len > ERRAND_MAX)
		return NULL;
	if (!carrying->bytes || len > carrying->size || carrying->size > KEPT_BYTES) {
		free(carrying->bytes);
		carrying->size = len > KEPT_BYTES ? len : KEPT_BYTES;
		carrying->bytes = malloc(carrying->size);
	}
	return carrying->bytes && errand_read(carrying->fd, carrying->bytes, len) ? carrying->bytes
										  : NULL;
}

static struct kernel_socket *find_socket(const struct carrying *carrying, int32_t number)
{
	return number >= 0 && number < SOCKETS ? carrying->sockets[number] : NULL;
}

/* Returns 0, or -1 with errno. */
static int open_socket(struct carrying *carrying, struct errand_answer *answer)
{
	int32_t number = 0;

	while (number < SOCKETS && carrying->sockets[number])
		number++;
	if (number == SOCKETS) {
		errno = EMFILE;
		return -1;
	}
	carrying->sockets[number] = kernel_open(NETLINK_NETFILTER);
	answer->number = number;
	return carrying->sockets[number] ? 0 : -1;
}

static int send_bytes(const struct carrying *carrying, struct kernel_socket *socket,
		      const void *bytes, size_t len)
{
	if (!permit_bytes(bytes, len, carrying->table)) {
		errno = EPERM;
		return -1;
	}
	return kernel_send(socket, bytes, len);
}

/* Does an errand about one socket; returns 0, or -1 with errno. */
static int serve_socket(const struct carrying *carrying, const struct errand *errand,
			const void *bytes)
{
	struct kernel_socket *socket = find_socket(carrying, errand->number);

	if (!socket) {
		errno = EBADF;
		return -1;
	}
	if (errand->kind == ERRAND_SEND)
		return send_bytes(carrying, socket, bytes, errand->len);
	if (errand->kind == ERRAND_LISTEN)
		return kernel_listen(socket, errand->value != 0);
	kernel_make_room(socket);
	return 0;
}

static int read_addrs(struct arena *arena, const struct errand *errand, const void *bytes,
		      int beside, struct netns_addrs *addrs)
{
	const char *link = arena_strndup(arena, bytes, errand->len);

	if (errand->len <= LINK_NAME_LEN)
		return netns_addrs_of(arena, beside, link, addrs);
	errno = ENODEV;
	return -1;
}

/* Answers an errand, with the addresses that follow; returns false if nobody takes the answer. */
static bool serve_addrs(const struct carrying *carrying, const struct errand *errand,
			const void *bytes, int beside)
{
	struct arena *arena = arena_new();
	struct errand_answer answer = {.error = 0};
	struct netns_addrs addrs = {0};
	bool is_taken;

	if (read_addrs(arena, errand, bytes, beside, &addrs))
		answer.error = errno;
	else
		answer.len = (uint32_t)(addrs.count * sizeof(*addrs.items));
	is_taken = errand_write(carrying->fd, &answer, sizeof(answer)) &&
		   errand_write(carrying->fd, answer.len ? addrs.items : NULL, answer.len);
	arena_free(arena);
	return is_taken;
}

static bool serve(struct carrying *carrying, const struct errand *errand, const void *bytes)
{
	struct errand_answer answer = {.error = 0};
	int failed, beside = -1;

	if (errand->kind == ERRAND_OPEN) {
		failed = open_socket(carrying, &answer);
		beside = failed ? -1 : kernel_fd(carrying->sockets[answer.number]);
	} else if (errand->kind == ERRAND_LEGACY) {
		answer.number = legacy_policy(errand->value ? V6 : V4);
		failed = answer.number < 0;
	} else {
		failed = serve_socket(carrying, errand, bytes);
	}
	answer.error = failed ? errno : 0;
	return errand_write_beside(carrying->fd, &answer, sizeof(answer), beside);
}

static void close_socket(struct carrying *carrying, int32_t number)
{
	kernel_close(find_socket(carrying, number));
	if (number >= 0 && number < SOCKETS)
		carrying->sockets[number] = NULL;
}

/* Does one errand; returns false at the end, and if it cannot be understood. */
static bool carry_one(struct carrying *carrying)
{
	struct errand errand;
	const void *bytes;
	bool goes_on = true;
	int beside;

	if (!errand_read_beside(carrying->fd, &errand, sizeof(errand), &beside))
		return false;
	bytes = read_bytes(carrying, errand.len);
	if (!bytes || errand.kind > ERRAND_ADDRS)
		return false;
	if (errand.kind == ERRAND_CLOSE)
		close_socket(carrying, errand.number);
	else if (errand.kind == ERRAND_ADDRS)
		goes_on = serve_addrs(carrying, &errand, bytes, beside);
	else
		goes_on = serve(carrying, &errand, bytes);
	if (beside >= 0)
		close(beside);
	return goes_on;
}

/* Does errands for @table until the other end of the socket is closed. */
static void carry_all(int socket, const char *table)
{
	struct carrying carrying = {.fd = socket, .table = table};

	while (carry_one(&carrying))
		;
	for (int32_t number = 0; number < SOCKETS; number++)
		close_socket(&carrying, number);
	free(carrying.bytes);
}

int carrier_begin(const char *table, void (*confine)(int socket), int kept)
{
	const int room = ROOM;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	pid = fork();
	if (!pid) {
		begin_carrying(ends[1], kept);
		confine(ends[1]);
		carry_all(ends[1], table);
		exit(0);
	}
	close(ends[1]);
	carrier_use(ends[0], pid);
	if (pid > 0)
		return 0;
	carrier_end();
	return -1;
}
