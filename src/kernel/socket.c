/*
 * Sends a request and reads its answers up to the message that ends them.  A transaction is sent as
 * a whole, and the answers say which message the kernel refused, and why.
 */
#include "kernel/socket.h"

#include "base/diag.h"
#include "base/guarded_call.h"
#include "emit/messages.h"
#include "kernel/carrier.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A dump answers in messages of up to 32 KiB. */
#define RECEIVE_SIZE 65536

/* Reports of the kernel that nobody has read yet take so many bytes at most. */
#define REPORTS_SIZE (8 << 20)

struct kernel_socket {
	struct mnl_socket *mnl;
	bool is_carried; /* the carrier has opened it, and sends on it */
	int number;      /* by which the carrier knows it */
	unsigned seq;
	bool is_interrupted; /* the kernel's objects changed during the dump that is under way */
	size_t room;         /* how many bytes can be sent at once */
	struct undo undo;
	char buffer[RECEIVE_SIZE + 1]; /* with a NUL behind what came: it ends each text */
};

static void give_back(void *socket)
{
	kernel_close(socket);
}

/* Opens the socket that the carrier sends on; returns false with errno if it cannot be had. */
static bool open_carried(struct kernel_socket *socket)
{
	const int fd = carrier_open(&socket->number);

	socket->is_carried = fd >= 0;
	socket->mnl = fd >= 0 ? mnl_socket_fdopen(fd) : NULL;
	if (fd >= 0 && !socket->mnl)
		close(fd);
	return socket->mnl;
}

static bool open_own(struct kernel_socket *socket, int bus)
{
	socket->mnl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	return socket->mnl && mnl_socket_bind(socket->mnl, 0, MNL_SOCKET_AUTOPID) >= 0;
}

struct kernel_socket *kernel_open(int bus)
{
	struct kernel_socket *socket = calloc(1, sizeof(*socket));
	const int on = 1;

	if (!socket)
		return NULL;
	undo_later(&socket->undo, give_back, socket);
	if (!(bus == NETLINK_NETFILTER && carrier_is_used() ? open_carried(socket)
							    : open_own(socket, bus))) {
		const int error = errno;

		kernel_close(socket);
		errno = error;
		return NULL;
	}
	/*
	 * The kernel is asked to give reasons in words (older kernels have none), and not to repeat
	 * the request in its answers.
	 */
	mnl_socket_setsockopt(socket->mnl, NETLINK_EXT_ACK, (void *)(uintptr_t)&on, sizeof(on));
	mnl_socket_setsockopt(socket->mnl, NETLINK_CAP_ACK, (void *)(uintptr_t)&on, sizeof(on));
	return socket;
}

void kernel_complain(struct diags *diags, const char *what, int error)
{
	if (error == EPERM)
		diag_error(diags, (struct mark){0},
			   "the right to use nf_tables is missing (CAP_NET_ADMIN in this network "
			   "namespace): run as root, or give a container the capability NET_ADMIN");
	else
		diag_error(diags, (struct mark){0}, "%s: %s", what, strerror(error));
}

void kernel_close(struct kernel_socket *socket)
{
	if (!socket)
		return;
	undo_never(&socket->undo);
	if (socket->is_carried)
		carrier_close(socket->number);
	if (socket->mnl)
		mnl_socket_close(socket->mnl);
	free(socket);
}

int kernel_be_strict(struct kernel_socket *socket)
{
	int on = 1;

	return mnl_socket_setsockopt(socket->mnl, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
}

uint32_t kernel_port(const struct kernel_socket *socket)
{
	return mnl_socket_get_portid(socket->mnl);
}

int kernel_fd(const struct kernel_socket *socket)
{
	return mnl_socket_get_fd(socket->mnl);
}

/*
 * Receives one datagram.  A datagram that does not fit the buffer counts as lost, as the kernel
 * counts one that does not fit its own buffer.
 */
static ssize_t receive(struct kernel_socket *socket, int flags)
{
	ssize_t got;

	do
		got = recv(kernel_fd(socket), socket->buffer, RECEIVE_SIZE, flags | MSG_TRUNC);
	while (got < 0 && errno == EINTR);
	if (got >= 0 && got <= RECEIVE_SIZE)
		socket->buffer[got] = '\0';
	if (got <= RECEIVE_SIZE)
		return got;
	errno = ENOBUFS;
	return -1;
}

int kernel_listen(struct kernel_socket *socket, bool listens)
{
	const int group = NFNLGRP_NFTABLES;

	if (socket->is_carried)
		return carrier_listen(socket->number, listens);
	return setsockopt(kernel_fd(socket), SOL_NETLINK,
			  listens ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group,
			  sizeof(group));
}

void kernel_make_room(struct kernel_socket *socket)
{
	const int fd = kernel_fd(socket), room = REPORTS_SIZE;

	if (socket->is_carried)
		carrier_make_room(socket->number);
	else if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

/* For what is sent. */
static void make_room(struct kernel_socket *socket, size_t room)
{
	int fd = kernel_fd(socket), size = (int)room;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	socket->room = room;
}

int kernel_send(struct kernel_socket *socket, const void *bytes, size_t len)
{
	const int fd = kernel_fd(socket);
	ssize_t sent;

	if (socket->is_carried)
		return carrier_send(socket->number, bytes, len);
	/* A large batch needs a larger buffer than usual. */
	if (len >= socket->room)
		make_room(socket, len < 1 << 20 ? 1 << 20 : len + 65536);
	do
		sent = send(fd, bytes, len, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

/*
 * Reads the result that stands at the end of a dump: 0, or the negative number of the error that
 * broke it off.
 */
static int end_of_dump(const struct nlmsghdr *message)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	errno = error < 0 ? -error : 0;
	return error < 0 ? -1 : 0;
}

bool kernel_holds_message(const struct nlmsghdr *message, int len)
{
	return len >= (int)sizeof(*message) && message->nlmsg_len >= sizeof(*message) &&
	       message->nlmsg_len <= (uint32_t)len;
}

/* What a message of type NLMSG_ERROR says; NULL if it is too short to say anything. */
static const struct nlmsgerr *error_of(const struct nlmsghdr *message)
{
	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
		return NULL;
	return mnl_nlmsg_get_payload(message);
}

/* Returns 1 to go on, 0 at the end, -1 with errno. */
static int take_message(const struct nlmsghdr *message, kernel_message take, void *context)
{
	if (message->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = error_of(message);

		errno = error ? -error->error : EBADMSG;
		return errno ? -1 : 0;
	}
	if (message->nlmsg_type == NLMSG_DONE)
		return end_of_dump(message);
	if (take(context, message))
		return -1;
	return message->nlmsg_flags & NLM_F_MULTI ? 1 : 0;
}

int kernel_begin(struct kernel_socket *socket, struct nlmsghdr *request)
{
	request->nlmsg_seq = ++socket->seq;
	socket->is_interrupted = false;
	return kernel_send(socket, request, request->nlmsg_len);
}

int kernel_read_piece(struct kernel_socket *socket, kernel_message take, void *context)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)socket->buffer;
	int len = (int)receive(socket, 0);

	if (len < 0)
		return -1;
	for (; kernel_holds_message(message, len); message = mnl_nlmsg_next(message, &len)) {
		int more;

		/* The message belongs to an earlier dump that was not read to its end. */
		if (message->nlmsg_seq != socket->seq)
			continue;
		/*
		 * The answer is of no use any more, but it is read to its end, since the socket can
		 * take no other dump before.
		 */
		socket->is_interrupted |= message->nlmsg_flags & NLM_F_DUMP_INTR;
		more = take_message(message, take, context);
		if (more > 0)
			continue;
		if (!more && socket->is_interrupted) {
			errno = EINTR;
			more = -1;
		}
		return more;
	}
	return 1;
}

int kernel_ask(struct kernel_socket *socket, struct nlmsghdr *request, kernel_message take,
	       void *context)
{
	int more = kernel_begin(socket, request) ? -1 : 1;

	while (more > 0)
		more = kernel_read_piece(socket, take, context);
	return more;
}

int kernel_hear(struct kernel_socket *socket, kernel_message take, void *context)
{
	for (;;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)socket->buffer;
		int len = (int)receive(socket, MSG_DONTWAIT);

		if (len < 0 && errno == ENOBUFS)
			continue;
		if (len < 0)
			return errno == EAGAIN ? 0 : -1;
		for (; kernel_holds_message(message, len); message = mnl_nlmsg_next(message, &len))
			if (take(context, message))
				return -1;
	}
}

/*
 * Copies the words that come with an error, and the place of the fault, if the kernel gives them.
 */
static void copy_reason(const struct nlmsghdr *message, struct kernel_refusal *refusal)
{
	const struct nlmsgerr *error = error_of(message);
	size_t offset = sizeof(*error);
	const struct nlattr *attr;

	refusal->reason[0] = '\0';
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		offset += error->msg.nlmsg_len - sizeof(error->msg);
	if (offset > mnl_nlmsg_get_payload_len(message))
		return;
	attr = mnl_nlmsg_get_payload_offset(message, offset);
	for (; mnl_attr_ok(attr, (int)((const char *)mnl_nlmsg_get_payload_tail(message) -
				       (const char *)attr));
	     attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(refusal->reason, sizeof(refusal->reason), "%s",
				 mnl_attr_get_str(attr));
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			refusal->offset = mnl_attr_get_u32(attr);
}

/* The first message that the kernel refused says why; the others follow from it. */
static void take_refusal(const struct nlmsghdr *message, const struct batch *batch,
			 struct kernel_refusal *refusal)
{
	const struct nlmsgerr *error = error_of(message);

	if (refusal->error || (error && !error->error))
		return;
	refusal->error = error ? -error->error : EBADMSG;
	refusal->subject = message->nlmsg_seq - batch->first_seq;
	if (refusal->subject >= batch->count)
		refusal->subject = SIZE_MAX;
	if (error)
		copy_reason(message, refusal);
}

/*
 * When send() returns, the kernel has answered: it processes a batch during that call, and without
 * NLM_F_ACK it answers only to messages that it refuses.  So whatever can be received without
 * waiting is the whole answer.
 */
int kernel_commit(struct kernel_socket *socket, const struct batch *batch,
		  struct kernel_refusal *refusal)
{
	ssize_t got;

	*refusal = (struct kernel_refusal){.subject = SIZE_MAX};
	if (kernel_send(socket, batch->bytes, batch->len))
		return -1;
	do {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(void *)socket->buffer;
		int len;

		got = receive(socket, MSG_DONTWAIT);
		len = (int)got;
		refusal->is_lost |= got < 0 && errno != EAGAIN;
		for (; kernel_holds_message(message, len); message = mnl_nlmsg_next(message, &len))
			if (message->nlmsg_type == NLMSG_ERROR)
				take_refusal(message, batch, refusal);
	} while (got > 0 || (got < 0 && errno == ENOBUFS));
	/*
	 * The kernel refused so many messages that its answers did not fit; the first refusal is
	 * enough.
	 */
	refusal->is_lost &= !refusal->error;
	errno = refusal->is_lost ? ENOBUFS : refusal->error;
	return errno ? -1 : 0;
}
