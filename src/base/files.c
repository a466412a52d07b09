/* Closes ranges of numbers at once, or (before Linux 5.9) one number after the other. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall() */
#endif

#include "base/files.h"

#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The default limit of open files; there are no more where files are closed one by one. */
#define MOST 1024

/* Closes the files whose numbers are above the first and below the second. */
static void close_between(int above, int below)
{
	if (above + 1 >= below)
		return;
#ifdef SYS_close_range
	if (!syscall(SYS_close_range, above + 1, below - 1, 0))
		return;
#endif
	for (int fd = above + 1; fd < below && fd < MOST; fd++)
		close(fd);
}

void files_keep_only(int one, int other)
{
	const int low = one < other ? one : other, high = one < other ? other : one;

	close_between(-1, low);
	close_between(low, high);
	close_between(high, INT_MAX);
}
