/* Reads and writes as many bytes as were asked for, on a socket of two processes. */
#include "kernel/carrier_errand.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static bool (*goes_on_waiting)(void);

void errand_when_late(bool (*goes_on)(void))
{
	goes_on_waiting = goes_on;
}

/* Is a call that failed to be made again? */
static bool is_to_be_repeated(void)
{
	return errno == EINTR || (errno == EAGAIN && goes_on_waiting && goes_on_waiting());
}

bool errand_write(int to, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		const ssize_t sent = send(to, at, len, MSG_NOSIGNAL);

		if (sent < 0 && !is_to_be_repeated())
			return false;
		at += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

bool errand_read(int from, void *into, size_t len)
{
	char *at = into;

	while (len) {
		const ssize_t got = recv(from, at, len, MSG_WAITALL);

		if (!got || (got < 0 && !is_to_be_repeated()))
			return false;
		at += got > 0 ? got : 0;
		len -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

union descriptor_room {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

bool errand_write_beside(int to, const void *bytes, size_t len, int fd)
{
	union descriptor_room beside = {.room = {0}};
	struct iovec part = {(void *)(uintptr_t)bytes, len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (fd < 0)
		return errand_write(to, bytes, len);
	beside.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
				       .cmsg_level = SOL_SOCKET,
				       .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(&beside.head), &fd, sizeof(fd));
	message.msg_control = beside.room;
	message.msg_controllen = sizeof(beside.room);
	do
		sent = sendmsg(to, &message, MSG_NOSIGNAL);
	while (sent < 0 && is_to_be_repeated());
	return sent == (ssize_t)len;
}

bool errand_read_beside(int from, void *into, size_t len, int *fd)
{
	union descriptor_room beside;
	struct iovec part = {into, len};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = beside.room,
		/* With room for one file, the kernel closes others that were sent. */
		.msg_controllen = CMSG_LEN(sizeof(int))};
	const struct cmsghdr *head;
	ssize_t got;

	*fd = -1;
	do
		got = recvmsg(from, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	while (got < 0 && is_to_be_repeated());
	head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	return got > 0 && errand_read(from, (char *)into + got, len - (size_t)got);
}
