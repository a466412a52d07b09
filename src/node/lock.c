/*
 * Tries to take the lock again and again, because flock() itself would wait without limit.  After a
 * second the caller is told who holds it, as far as /proc/locks says.
 */
#include "node/lock.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "node/netns.h"
#include "node/process_words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* The pause between two tries. */
#define PAUSE_NS 10000000L

/* For so many seconds nothing is reported. */
#define SILENCE 1

static const struct mark nowhere;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/*
 * The process that holds a lock on the file, from /proc/locks; 0 if it is none of our own PID
 * namespace.
 */
static long holder(int file)
{
	FILE *locks = fopen("/proc/locks", "re");
	struct stat status;
	char line[256];
	long found = 0;

	if (locks && !fstat(file, &status))
		while (!found && fgets(line, sizeof(line), locks)) {
			unsigned major, minor;
			unsigned long inode;
			long pid;

			if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid, &major, &minor,
				   &inode) == 4 &&
			    major == major(status.st_dev) && minor == minor(status.st_dev) &&
			    inode == status.st_ino && pid > 0)
				found = pid;
		}
	if (locks)
		fclose(locks);
	return found;
}

/* Describes that process in words. */
static const char *holder_text(struct arena *arena, int file)
{
	const long pid = holder(file);

	return pid ? process_text(arena, pid) : "a process that cannot be seen from here";
}

static void give_up(struct arena *arena, int file, const struct lock_wait *wait,
		    struct diags *diags)
{
	const char *who = holder_text(arena, file);

	if (wait->seconds)
		diag_error(diags, nowhere,
			   "%s holds the lock on the network namespace (" NETNS_FILE
			   "), still after %ld s: nothing was changed",
			   who, wait->seconds);
	else
		diag_error(diags, nowhere,
			   "%s holds the lock on the network namespace (" NETNS_FILE
			   "): nothing was changed",
			   who);
}

/* Tries until the lock is ours or the time is over; returns false with errno if it is not ours. */
static bool wait_for(struct arena *arena, int file, const struct lock_wait *wait)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	const double start = now();
	bool told = !wait->tell;

	while (flock(file, LOCK_EX | LOCK_NB)) {
		const double waited = now() - start;

		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		if (waited >= (double)wait->seconds) {
			errno = EWOULDBLOCK;
			return false;
		}
		if (!told && waited >= SILENCE) {
			wait->tell(
				wait->context,
				arena_printf(arena,
					     "waiting, at most %ld s, for the lock on the network "
					     "namespace, which %s holds",
					     wait->seconds, holder_text(arena, file)));
			told = true;
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

int lock_take(struct arena *arena, const struct lock_wait *wait, struct diags *diags)
{
	static const struct lock_wait usual = {.seconds = LOCK_WAIT};
	int file = netns_open();
	struct undo undo;
	bool is_ours;

	wait = wait ? wait : &usual;
	if (file < 0) {
		diag_error(diags, nowhere, NETNS_FILE ": %s", strerror(errno));
		return -1;
	}
	undo_later(&undo, undo_fd, &file);
	is_ours = wait_for(arena, file, wait);
	undo_never(&undo);
	if (is_ours)
		return file;
	if (errno == EWOULDBLOCK)
		give_up(arena, file, wait, diags);
	else
		diag_error(diags, nowhere, "the network namespace cannot be locked: %s",
			   strerror(errno));
	close(file);
	return -1;
}

/* Closing the file would not be enough to unlock it, since it may be a duplicate (node/netns.h). */
void lock_release(int file)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	while (flock(file, LOCK_UN) && errno != EBADF)
		nanosleep(&pause, NULL);
	close(file);
}
