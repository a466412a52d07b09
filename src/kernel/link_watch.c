/*
 * A socket of rtnetlink that is a member of the groups for links.  Whatever arrives means that
 * links changed; it is not read any further.
 */
#include "kernel/link_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int link_watch_open(void)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int error;

	if (fd < 0 || !bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool link_watch_take(int fd)
{
	bool any = false;
	ssize_t got;
	char byte;

	/* Each receipt takes a whole message, whatever the size of the buffer. */
	do {
		got = recv(fd, &byte, sizeof(byte), 0);
		any |= got >= 0 || errno == ENOBUFS;
	} while (got >= 0 || errno == ENOBUFS || errno == EINTR);
	return any;
}
