/* Opens the file by its name in /proc, or else by a request to a socket. */
#include "node/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* This exists since Linux 4.10; the file descriptor that it returns is closed on exec. */
static int open_by_socket(void)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int file, error;

	if (fd < 0)
		return -1;
	file = ioctl(fd, SIOCGSKNS);
	error = errno;
	close(fd);
	errno = error;
	return file;
}

static int kept = -1;

int netns_keep(void)
{
	if (kept < 0)
		kept = netns_open();
	return kept;
}

int netns_open(void)
{
	int file, error;

	if (kept >= 0)
		return fcntl(kept, F_DUPFD_CLOEXEC, 0);
	do
		file = open(NETNS_FILE, O_RDONLY | O_CLOEXEC);
	while (file < 0 && errno == EINTR);
	if (file >= 0 || errno != ENOENT)
		return file;
	error = errno;
	file = open_by_socket();
	if (file < 0)
		errno = error;
	return file;
}
