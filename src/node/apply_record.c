/*
 * Writes and reads the file of the record.
 *
 * Each line has a word and its value, in the order of write_record().  In a path, the end of a line
 * is written as %0A and % as %25.  The file is read whole or not at all: if a line is missing, or
 * not as it was written, there is no record.
 */
#include "node/apply_record.h"

#include "base/arena.h"
#include "node/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEAD      "np2nft state 1\n"
#define FILE_SIZE ((size_t)1 << 18)

/* How many times to look at a file that another process writes, 10 ms apart. */
#define TRIES 100

/* It exists since Linux 5.14; the headers may be older. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

uint64_t state_cookie(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t number = 0;
	socklen_t len = sizeof(number);

	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &number, &len))
		number = 0;
	close(fd);
	return number;
}

/* A table's name has no % in it.  Returns NULL with errno if the namespace has no file. */
static const char *record_path(struct arena *arena, const char *table)
{
	const int file = netns_open();
	struct string path = {0};
	struct stat status;
	int failed;

	if (file < 0)
		return NULL;
	failed = fstat(file, &status);
	close(file);
	if (failed)
		return NULL;
	arena_append(arena, &path, "%s/%ju.", STATE_DIRECTORY, (uintmax_t)status.st_ino);
	for (const char *c = table; *c; c++)
		if (*c == '/')
			arena_append(arena, &path, "%%2F");
		else
			arena_append(arena, &path, "%c", *c);
	return path.text;
}

const char *state_path(struct arena *arena, const char *table, const char *what)
{
	const char *path = record_path(arena, table);

	return path ? arena_printf(arena, "%s%s", path, what) : NULL;
}

static const char *escape(struct arena *arena, const char *text)
{
	struct string out = {0};

	for (const char *c = text; *c; c++)
		if (*c == '%' || *c == '\n')
			arena_append(arena, &out, "%%%02X", (unsigned)*c);
		else
			arena_append(arena, &out, "%c", *c);
	return out.text ? out.text : "";
}

/* Returns NULL if escape() did not write the text. */
static const char *unescape(struct arena *arena, const char *text)
{
	struct string out = {0};

	for (const char *c = text; *c; c++) {
		bool line = !strncmp(c, "%0A", 3);

		if (*c == '%' && !line && strncmp(c, "%25", 3) != 0)
			return NULL;
		arena_append(arena, &out, "%c", line ? '\n' : *c);
		c += *c == '%' ? 2 : 0;
	}
	return out.text ? out.text : "";
}

static const char *absolute(struct arena *arena, const char *path)
{
	char real[PATH_MAX];

	return strcmp(path, "-") != 0 && realpath(path, real) ? arena_printf(arena, "%s", real)
							      : path;
}

static struct string write_record(struct arena *arena, const struct state *state)
{
	struct string text = {0};

	arena_append(arena, &text,
		     HEAD "version %s\ntime %" PRId64 "\nnetns %" PRIu64 "\ntable %" PRIu64 "\n",
		     state->version, state->time, state_cookie(), state->handle);
	arena_append(arena, &text, "policies %zu\npods %zu\npaths %zu\n", state->policies,
		     state->pods, state->path_count);
	for (size_t i = 0; i < state->path_count && i < STATE_PATHS; i++)
		arena_append(arena, &text, "path %s\n",
			     escape(arena, absolute(arena, state->paths[i])));
	return text;
}

static int write_all(int fd, const struct string *text)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t written = write(fd, text->text + done, text->len - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		done += (size_t)written;
	}
	return 0;
}

int state_make_directory(void)
{
	if (mkdir(STATE_DIRECTORY, 0755))
		return errno == EEXIST ? 0 : -1;
	/* This gives the mode whatever the umask is. */
	return chmod(STATE_DIRECTORY, 0755);
}

static const char *new_path(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s.new", path);
}

/*
 * Is this file, which is open and locked, still the one with that name? The process that locked it
 * before may have renamed it.
 */
static bool is_still(int fd, const char *name)
{
	struct stat open, named;

	return !fstat(fd, &open) && !stat(name, &named) && open.st_ino == named.st_ino &&
	       open.st_dev == named.st_dev;
}

/*
 * Opens the file and locks it.  Other users must not be able to open it, since they could keep its
 * lock.
 */
static int open_locked(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int error;

	if (fd < 0 || (!flock(fd, LOCK_EX | LOCK_NB) && is_still(fd, name)))
		return fd;
	error = errno;
	close(fd);
	errno = error == EINTR ? EINTR : EAGAIN;
	return -1;
}

int state_open_new(struct arena *arena, const char *path)
{
	static const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
	const char *name = new_path(arena, path);
	int fd = open_locked(name);

	for (int tries = 1; fd < 0 && (errno == EAGAIN || errno == EINTR) && tries < TRIES;
	     tries++) {
		nanosleep(&pause, NULL);
		fd = open_locked(name);
	}
	if (fd < 0 || !ftruncate(fd, 0))
		return fd;
	state_drop_new(arena, path, fd);
	return -1;
}

void state_drop_new(struct arena *arena, const char *path, int fd)
{
	const int error = errno;

	unlink(new_path(arena, path));
	close(fd);
	errno = error;
}

int state_put_new(struct arena *arena, const char *path, int fd)
{
	/*
	 * The data reach the disk before the file gets its name.  The file is closed after that,
	 * because closing it ends the lock.
	 */
	const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0 || close(copy) || rename(new_path(arena, path), path)) {
		state_drop_new(arena, path, fd);
		return -1;
	}
	close(fd);
	return 0;
}

/* Writes a new file beside @path and renames it; returns 0, or -1 with errno. */
static int replace_file(struct arena *arena, const char *path, const struct string *text)
{
	const int fd = state_open_new(arena, path);

	if (fd < 0)
		return -1;
	if (!write_all(fd, text) && !fchmod(fd, 0644))
		return state_put_new(arena, path, fd);
	state_drop_new(arena, path, fd);
	return -1;
}

void state_write(struct arena *arena, const char *table, const struct state *state,
		 struct diags *diags)
{
	struct string text = write_record(arena, state);
	const char *path = record_path(arena, table);

	if (!path || state_make_directory() || replace_file(arena, path, &text))
		diag_note(diags, (struct mark){0},
			  "status will not know when and from what the table was applied: %s: %s",
			  path ? STATE_DIRECTORY : NETNS_FILE, strerror(errno));
}

/*
 * The text of the file, with a NUL behind it; NULL with errno, which is 0 if the file is no text,
 * or too large.
 */
static char *read_file(struct arena *arena, const char *path)
{
	char *text = arena_alloc(arena, FILE_SIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t len = 0;
	ssize_t got = -1;
	int error;

	if (fd < 0)
		return NULL;
	do {
		got = read(fd, text + len, FILE_SIZE - 1 - len);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	/* An error of close() does not matter for a file that was only read. */
	error = got < 0 ? errno : 0;
	close(fd);
	errno = error;
	return got < 0 || len == FILE_SIZE - 1 || memchr(text, '\0', len) ? NULL : text;
}

/* If the next line begins with @word, returns its value and moves on; otherwise returns NULL. */
static const char *next_value(char **at, const char *word)
{
	char *value = *at + strlen(word) + 1, *end;

	if (strncmp(*at, word, strlen(word)) != 0 || value[-1] != ' ')
		return NULL;
	end = strchr(value, '\n');
	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return value;
}

static bool next_number(char **at, const char *word, uint64_t *number)
{
	const char *value = next_value(at, word);
	char *end;

	if (!value || *value < '0' || *value > '9')
		return false;
	errno = 0;
	*number = strtoull(value, &end, 10);
	return !errno && !*end;
}

static bool parse(struct arena *arena, char *at, struct state *state)
{
	uint64_t time, netns, cookie, policies, pods, count;
	const char **paths = arena_array(arena, STATE_PATHS, sizeof(*paths));

	if (strncmp(at, HEAD, strlen(HEAD)) != 0)
		return false;
	at += strlen(HEAD);
	state->version = next_value(&at, "version");
	if (!state->version || !next_number(&at, "time", &time) || time > INT64_MAX ||
	    !next_number(&at, "netns", &netns))
		return false;
	cookie = state_cookie();
	/* The inode number was used again: this is the record of a namespace that is gone. */
	if (netns != cookie) {
		state->trouble =
			cookie ? NULL : "the kernel does not say which network namespace this is";
		return false;
	}
	/* Records of earlier versions do not have it. */
	(void)next_number(&at, "table", &state->handle);
	if (!next_number(&at, "policies", &policies) || !next_number(&at, "pods", &pods) ||
	    !next_number(&at, "paths", &count))
		return false;
	state->time = (int64_t)time;
	state->policies = (size_t)policies;
	state->pods = (size_t)pods;
	state->path_count = (size_t)count;
	state->paths = paths;
	for (size_t i = 0; i < count && i < STATE_PATHS; i++) {
		const char *value = next_value(&at, "path");

		paths[i] = value ? unescape(arena, value) : NULL;
		if (!paths[i])
			return false;
	}
	return !*at;
}

static const char *agent_path(struct arena *arena, const char *table)
{
	return state_path(arena, table, "%agent");
}

int state_keep(struct arena *arena, const char *table, bool *kept, struct diags *diags)
{
	const char *path = agent_path(arena, table);
	int fd = -1;

	*kept = false;
	/* Whoever may read the file may lock it, and so keep agents from the table. */
	if (path && !state_make_directory())
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	*kept = fd >= 0 && errno == EWOULDBLOCK;
	if (!*kept)
		diag_note(diags, (struct mark){0}, "status will not know of the agent: %s: %s",
			  path ? path : NETNS_FILE, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void state_say(int fd, const char *text)
{
	const struct string all = {.text = (char *)(uintptr_t)text, .len = strlen(text)};

	if (!ftruncate(fd, 0) && !lseek(fd, 0, SEEK_SET))
		write_all(fd, &all);
}

/* Ends the line at @text, and returns the next one; NULL if there is none. */
static char *cut_line(char *text)
{
	char *end = text + strcspn(text, "\n");

	if (!*end)
		return NULL;
	*end = '\0';
	return end[1] ? end + 1 : NULL;
}

static void read_agent(struct arena *arena, const char *table, struct state *state)
{
	const char *path = agent_path(arena, table);
	char *text = path ? read_file(arena, path) : NULL;
	const int fd = text ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;

	if (!text)
		return;
	state->agent = text;
	for (char *line = cut_line(text); line;) {
		arena_push(arena, state->faults, state->fault_count, line);
		line = cut_line(line);
	}
	state->agent_runs = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
}

bool state_read(struct arena *arena, const char *table, struct state *state)
{
	const char *path = record_path(arena, table);
	char *text = path ? read_file(arena, path) : NULL;

	*state = (struct state){0};
	if (!text && path && errno == ENOENT)
		return false;
	state->trouble =
		arena_printf(arena, "%s: %s", path ? path : NETNS_FILE,
			     !text && errno ? strerror(errno) : "this is not what np2nft writes");
	if (!text || !parse(arena, text, state)) {
		*state = (struct state){.trouble = state->trouble};
		return false;
	}
	state->trouble = NULL;
	read_agent(arena, table, state);
	return true;
}

void state_remove(struct arena *arena, const char *table)
{
	const char *path = record_path(arena, table);

	if (path)
		unlink(path);
	path = agent_path(arena, table);
	if (path)
		unlink(path);
}
