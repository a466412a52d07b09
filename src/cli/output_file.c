/* Writes a new file and renames it, so that nobody ever reads a part of it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf() */
#endif

#include "cli/output_file.h"

#include "cli/console.h"
#include "cli/write_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel follows as many links. */
#define LINKS 40

/* The destination of a link at @path, relative to the current folder. */
static char *join(const char *path, const char *target)
{
	const char *slash = strrchr(path, '/');
	char *joined;

	if (*target == '/' || !slash)
		return strdup(target);
	return asprintf(&joined, "%.*s%s", (int)(slash - path + 1), path, target) < 0 ? NULL
										      : joined;
}

/* The path of the file itself, behind all links; NULL with errno. */
static char *follow_links(const char *path)
{
	char *at = strdup(path), target[PATH_MAX];

	for (int i = 0; at; i++) {
		ssize_t len = readlink(at, target, sizeof(target) - 1);
		char *next;

		/* It is no link, or does not exist; opening it will give the right error. */
		if (len < 0 && (errno == EINVAL || errno == ENOENT))
			return at;
		if (len >= 0 && i == LINKS)
			errno = ELOOP;
		if (len < 0 || i == LINKS)
			break;
		target[len] = '\0';
		next = join(at, target);
		free(at);
		at = next;
	}
	free(at);
	return NULL;
}

static mode_t usual_mode(void)
{
	const mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/*
 * Gives the new file the rights and the owner of the old one (NULL: there is none); returns 0, or
 * -1 with errno.
 */
static int set_rights(int fd, const struct stat *old)
{
	if (!old)
		return fchmod(fd, usual_mode());
	/*
	 * If we may not give the file to its owner, it becomes ours, as with any editor; its group
	 * may still be kept.
	 */
	if (fchown(fd, old->st_uid, old->st_gid) && fchown(fd, (uid_t)-1, old->st_gid) &&
	    errno != EPERM)
		return -1;
	return fchmod(fd, old->st_mode & 0777);
}

/*
 * Closes the file, whether what was done to it @failed or not; returns 0, or -1 with the first
 * errno.
 */
static int close_after(int fd, int failed)
{
	const int error = errno;

	if (close(fd) && !failed)
		return -1;
	errno = error;
	return failed ? -1 : 0;
}

static int replace(struct np2nft *n, const char *path, const struct stat *old)
{
	char *temporary;
	int fd, failed, error;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return -1;
	fd = mkstemp(temporary);
	failed = fd < 0;
	if (!failed)
		failed = close_after(fd, set_rights(fd, old) || np2nft_print(n, write_bytes, &fd));
	if (!failed)
		failed = rename(temporary, path);
	error = errno;
	if (failed && fd >= 0)
		unlink(temporary);
	free(temporary);
	errno = error;
	return failed ? -1 : 0;
}

static int write_through(struct np2nft *n, const char *path)
{
	int fd;

	do
		fd = open(path, O_WRONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -1 : close_after(fd, np2nft_print(n, write_bytes, &fd) != NP2NFT_OK);
}

/*
 * Writes the ruleset to a file, either completely or not at all.  An existing file keeps its rights
 * (without setuid and the like), and its owner as far as the kernel permits.  If @path is a link,
 * the file to which it leads is written, even if that does not exist yet.  A device or pipe is
 * written to directly.  Returns an exit status, after a message if it is not 0.
 */
static int print_to_file(struct np2nft *n, const char *path)
{
	char *file = follow_links(path);
	struct stat status;
	int failed = -1;

	if (file && !stat(file, &status))
		failed = S_ISREG(status.st_mode) ? replace(n, file, &status)
						 : write_through(n, file);
	else if (file && errno == ENOENT)
		failed = replace(n, file, NULL);
	if (failed)
		complain(path, strerror(errno));
	free(file);
	return failed ? EXIT_TROUBLE : 0;
}

bool output_is_input(const char *path, const char *const *files, size_t count)
{
	struct stat output, input;

	if (stat(path, &output) || !S_ISREG(output.st_mode))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!(strcmp(files[i], "-") ? stat(files[i], &input)
					    : fstat(STDIN_FILENO, &input)) &&
		    input.st_ino == output.st_ino && input.st_dev == output.st_dev)
			return true;
	return false;
}

int print_ruleset(struct np2nft *n, const char *path)
{
	int fd = STDOUT_FILENO;

	if (path)
		return print_to_file(n, path);
	return np2nft_print(n, write_bytes, &fd) ? complain("standard output", strerror(errno)) : 0;
}
