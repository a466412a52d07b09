/*
 * Implements the plugin's side of each call of the runtime.  The start of a container is answered
 * when the pod's policies are in force, or when three quarters of the runtime's patience are over.
 */
#include "agent/nri.h"

#include "base/arena.h"
#include "read/scalar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * These are milliseconds: the shortest and longest pause between two tries to connect; how long a
 * call is held if the runtime does not say how long it waits, and within which bounds otherwise.
 */
#define RETRY_FIRST  100
#define RETRY_MOST   5000
#define PATIENCE     1500
#define PATIENCE_MIN 50
#define PATIENCE_MAX 60000

/* The socket is read so many times before the rest of the agent has its turn. */
#define PIECES 16

/*
 * If so many bytes wait to be sent, the runtime has ceased to read, and the plugin gives up the
 * connection.
 */
#define OUT_MAX 65536

/*
 * RegisterPluginRequest: field 1 is the name, field 2 the index among the plugins, of two digits.
 */
static const uint8_t registration[] = "\x0a\x06np2nft\x12\x02"
				      "10";
/*
 * ConfigureResponse: field 2 is a set of events: a sandbox runs, stops or is removed; a container
 * is created.
 */
static const uint8_t subscription[] = "\x10\x0f";
/* SynchronizeResponse: field 2 says that more may follow. */
static const uint8_t more_wanted[] = "\x10\x01";

/* The events of StateChangeEvent. */
enum { SANDBOX_RUNS = 1, SANDBOX_STOPS = 2, SANDBOX_REMOVED = 3 };

static const struct proto_bytes empty = {NULL, 0};

static void lose(struct nri *nri, const char *error)
{
	const unsigned doublings = nri->failures < 6 ? nri->failures : 6;
	const long wait = RETRY_FIRST << doublings;

	if (!nri->is_told)
		nri->receiver.connection(nri->receiver.context, error);
	nri->is_told = true;
	nri->failures++;
	nri->due = nri->now + (wait < nri->pause_most ? wait : nri->pause_most);
	if (nri->fd >= 0)
		close(nri->fd);
	nri->fd = -1;
	ttrpc_end(&nri->ttrpc);
	nri->is_configured = nri->in_list = false;
	nri->held_count = 0;
}

static const struct tree_node *read_payload(struct arena *arena, const struct proto_form *form,
					    const struct ttrpc_call *call)
{
	return proto_read(arena, form, call->payload.at, call->payload.len);
}

/* Takes three quarters of the time that the runtime says it waits. */
static int take_configure(struct nri *nri, const struct ttrpc_call *call, struct arena *arena)
{
	const struct tree_node *runtime = read_payload(arena, &proto_runtime, call);
	const struct tree_node *timeout = tree_get(runtime, "requestTimeout");
	int64_t most;

	if (!runtime)
		return -1;
	nri->patience = PATIENCE;
	if (timeout && scalar_integer(timeout, &most) && most > 0 && most < PATIENCE_MAX)
		nri->patience = (long)most * 3 / 4;
	if (nri->patience < PATIENCE_MIN)
		nri->patience = PATIENCE_MIN;
	nri->is_configured = true;
	nri->is_told = false;
	nri->failures = 0;
	nri->receiver.connection(nri->receiver.context, NULL);
	ttrpc_answer(&nri->ttrpc, call->number,
		     (struct proto_bytes){subscription, sizeof(subscription) - 1});
	return 0;
}

/* Takes the list of all sandboxes, which may come in several calls. */
static int take_synchronize(struct nri *nri, const struct ttrpc_call *call, struct arena *arena)
{
	const struct tree_node *all = read_payload(arena, &proto_sandboxes, call);
	const struct tree_node *pods = tree_get(all, "pods"), *more = tree_get(all, "more");
	const bool goes_on = more && tree_is(more, "true");

	if (!all)
		return -1;
	if (!nri->in_list)
		nri->receiver.begin(nri->receiver.context);
	for (size_t i = 0; pods && i < pods->count; i++)
		nri->receiver.runs(nri->receiver.context, pods->items[i]);
	if (!goes_on)
		nri->receiver.whole(nri->receiver.context);
	nri->in_list = goes_on;
	ttrpc_answer(&nri->ttrpc, call->number,
		     goes_on ? (struct proto_bytes){more_wanted, sizeof(more_wanted) - 1} : empty);
	return 0;
}

/* Holds a call until nri_release(), or until its time is over. */
static void hold(struct nri *nri, uint32_t number)
{
	if (nri->held_count == NRI_HELD) {
		nri->late++;
		ttrpc_answer(&nri->ttrpc, number, empty);
		return;
	}
	nri->held[nri->held_count] = (struct nri_call){.number = number, .since = nri->now};
	clock_gettime(CLOCK_MONOTONIC, &nri->held[nri->held_count++].began);
}

static int take_run(struct nri *nri, uint32_t number, const struct tree_node *sandbox)
{
	if (!sandbox)
		return -1;
	nri->receiver.runs(nri->receiver.context, sandbox);
	hold(nri, number);
	return 0;
}

static int take_stop(struct nri *nri, uint32_t number, const struct tree_node *sandbox)
{
	if (!sandbox)
		return -1;
	nri->receiver.stops(nri->receiver.context, sandbox);
	ttrpc_answer(&nri->ttrpc, number, empty);
	return 0;
}

/* Takes an event in the form that runtimes used until each event had a method of its own. */
static int take_change(struct nri *nri, const struct ttrpc_call *call, struct arena *arena)
{
	const struct tree_node *event = read_payload(arena, &proto_sandbox_event, call);
	const struct tree_node *kind = tree_get(event, "event"), *sandbox = tree_get(event, "pod");
	int64_t number = 0;

	if (!event || (kind && !scalar_integer(kind, &number)))
		return -1;
	if (number == SANDBOX_RUNS)
		return take_run(nri, call->number, sandbox);
	if (number == SANDBOX_STOPS || number == SANDBOX_REMOVED)
		return take_stop(nri, call->number, sandbox);
	ttrpc_answer(&nri->ttrpc, call->number, empty);
	return 0;
}

static bool is_method(const struct ttrpc_call *call, const char *name)
{
	return call->method.len == strlen(name) && !memcmp(call->method.at, name, call->method.len);
}

static int take_known_call(struct nri *nri, const struct ttrpc_call *call, struct arena *arena)
{
	if (is_method(call, "Configure"))
		return take_configure(nri, call, arena);
	if (is_method(call, "Synchronize"))
		return take_synchronize(nri, call, arena);
	if (is_method(call, "StateChange"))
		return take_change(nri, call, arena);
	if (is_method(call, "RunPodSandbox") || is_method(call, "CreateContainer"))
		return take_run(nri, call->number,
				tree_get(read_payload(arena, &proto_sandbox_call, call), "pod"));
	if (is_method(call, "StopPodSandbox") || is_method(call, "RemovePodSandbox"))
		return take_stop(nri, call->number,
				 tree_get(read_payload(arena, &proto_sandbox_call, call), "pod"));
	if (is_method(call, "Shutdown"))
		ttrpc_answer(&nri->ttrpc, call->number, empty);
	else
		ttrpc_refuse(&nri->ttrpc, call->number);
	return 0;
}

static int take_call(void *context, const struct ttrpc_call *call)
{
	struct arena *arena = arena_new();
	const int status = take_known_call(context, call, arena);

	arena_free(arena);
	return status;
}

void nri_begin(struct nri *nri, const char *path, long most, const struct nri_receiver *receiver)
{
	*nri = (struct nri){.path = path,
			    .receiver = *receiver,
			    .fd = -1,
			    .patience = PATIENCE,
			    .pause_most = most < RETRY_MOST ? most : RETRY_MOST};
}

void nri_end(struct nri *nri)
{
	if (nri->fd >= 0)
		close(nri->fd);
	nri->fd = -1;
	ttrpc_end(&nri->ttrpc);
}

/* Connects to the runtime's socket.  Returns 0, or -1 with errno. */
static int open_socket(struct nri *nri)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	if (strlen(nri->path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, nri->path, strlen(nri->path));
	nri->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (nri->fd >= 0 && !connect(nri->fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	error = errno;
	if (nri->fd >= 0)
		close(nri->fd);
	nri->fd = -1;
	errno = error;
	return -1;
}

static void reach(struct nri *nri)
{
	if (open_socket(nri)) {
		lose(nri, strerror(errno));
		return;
	}
	ttrpc_call(&nri->ttrpc, "nri.pkg.api.v1alpha1.Runtime", "RegisterPlugin",
		   (struct proto_bytes){registration, sizeof(registration) - 1});
}

int nri_take(struct nri *nri, const uint8_t *bytes, size_t len)
{
	nri->ttrpc.receiver = (struct ttrpc_receiver){nri, take_call};
	if (!ttrpc_feed(&nri->ttrpc, bytes, len))
		return 0;
	lose(nri, nri->ttrpc.error);
	return -1;
}

static void receive(struct nri *nri)
{
	static uint8_t bytes[65536];
	ssize_t got = 1;

	for (int i = 0; i < PIECES && got > 0; i++) {
		got = recv(nri->fd, bytes, sizeof(bytes), 0);
		if (got > 0 && nri_take(nri, bytes, (size_t)got))
			return;
	}
	if (!got)
		lose(nri, "the runtime has closed the connection");
	else if (got < 0 && errno != EAGAIN && errno != EINTR)
		lose(nri, strerror(errno));
}

static void send_rest(struct nri *nri)
{
	ssize_t sent = 1;

	while (nri->ttrpc.out.len && sent > 0) {
		sent = send(nri->fd, nri->ttrpc.out.bytes, nri->ttrpc.out.len, MSG_NOSIGNAL);
		if (sent > 0)
			ttrpc_sent(&nri->ttrpc, (size_t)sent);
	}
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		lose(nri, strerror(errno));
	else if (nri->ttrpc.out.len > OUT_MAX)
		lose(nri, "the runtime does not take its answers");
}

/* Answers the calls that cannot wait any longer. */
static void answer_late(struct nri *nri)
{
	size_t left = 0;

	for (size_t i = 0; i < nri->held_count; i++) {
		if (nri->now - nri->held[i].since < nri->patience) {
			nri->held[left++] = nri->held[i];
			continue;
		}
		nri->late++;
		ttrpc_answer(&nri->ttrpc, nri->held[i].number, empty);
	}
	nri->held_count = left;
}

size_t nri_files(const struct nri *nri, struct pollfd *files)
{
	const bool sends = nri->ttrpc.out.len > 0;

	if (nri->fd < 0)
		return 0;
	*files = (struct pollfd){.fd = nri->fd,
				 .events = (short)(sends ? POLLIN | POLLOUT : POLLIN)};
	return 1;
}

void nri_step(struct nri *nri, long long now)
{
	nri->now = now;
	if (!nri->path)
		return;
	if (nri->fd < 0 && now >= nri->due)
		reach(nri);
	if (nri->fd >= 0)
		receive(nri);
	if (nri->fd >= 0)
		answer_late(nri);
	if (nri->fd >= 0)
		send_rest(nri);
}

void nri_release(struct nri *nri, void (*each)(void *context, const struct timespec *began))
{
	for (size_t i = 0; i < nri->held_count; i++) {
		ttrpc_answer(&nri->ttrpc, nri->held[i].number, empty);
		nri->answered++;
		each(nri->receiver.context, &nri->held[i].began);
	}
	nri->held_count = 0;
	if (nri->fd >= 0)
		send_rest(nri);
}

long nri_timeout(const struct nri *nri, long long now)
{
	long long until = now + 60000;

	if (!nri->path)
		return 60000;
	if (nri->fd < 0)
		until = nri->due;
	else if (nri->held_count)
		until = nri->held[0].since + nri->patience;
	return until > now ? (long)(until - now) : 0;
}
