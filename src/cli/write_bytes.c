/*
 * Writes until all bytes are written: after a write that was interrupted, or that took only a part,
 * it goes on.
 */
#include "cli/write_bytes.h"

#include <errno.h>
#include <unistd.h>

int write_bytes(void *context, const char *bytes, size_t len)
{
	int fd = *(const int *)context;

	while (len) {
		ssize_t done = write(fd, bytes, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		len -= (size_t)done;
	}
	return 0;
}
