/* Turns the names of files into numbers of namespaces, and asks the kernel for these. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* open_by_handle_at() */
#endif

#include "node/old_records.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "node/netns.h"
#include "node/apply_record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's number of the first user namespace. */
#define FIRST_USER_NAMESPACE 0xeffffffdu

/* The cookie stands behind this word, in one of the first lines of a file. */
#define COOKIE_WORD  "netns "
#define COOKIE_LINES 4

/*
 * How a file handle identifies a namespace (struct nsfs_file_handle); the headers may be older than
 * that.
 */
struct namespace_id {
	uint64_t cookie;
	uint32_t type, inode;
} __attribute__((packed)); /* the bytes of a handle begin at a multiple of 4 */

union handle {
	struct file_handle head;
	char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

struct sweep {
	struct arena *arena;
	int own; /* the file of our namespace */
	/* the handle of our namespace, from which others differ only in numbers */
	union handle model;
	uint64_t *dead; /* inodes of namespaces that are gone */
	size_t dead_count;
};

/* May this process open every namespace of the machine? */
static bool is_root_of_all(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct stat status;

	return !stat("/proc/self/ns/user", &status) && status.st_ino == FIRST_USER_NAMESPACE &&
	       !syscall(SYS_capget, &head, data) && data[0].effective & 1u << CAP_SYS_ADMIN;
}

static struct namespace_id *id_of(union handle *handle)
{
	return (struct namespace_id *)(void *)handle->head.f_handle;
}

/* Does the kernel have handles of namespaces, in the form that is known here? */
static bool has_handles(struct sweep *sweep)
{
	const struct namespace_id *id = id_of(&sweep->model);
	int mount;

	sweep->model.head.handle_bytes = MAX_HANDLE_SZ;
	return !name_to_handle_at(sweep->own, "", &sweep->model.head, &mount, AT_EMPTY_PATH) &&
	       sweep->model.head.handle_bytes == sizeof(*id) && id->cookie == state_cookie();
}

static bool is_gone(const struct sweep *sweep, uint64_t cookie, uint64_t inode)
{
	union handle handle = sweep->model;
	int file;

	id_of(&handle)->cookie = cookie;
	id_of(&handle)->inode = (uint32_t)inode;
	file = open_by_handle_at(sweep->own, &handle.head, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return errno == ESTALE;
	close(file);
	return false;
}

/* The cookie in a file; 0 if it has none. */
static uint64_t read_cookie(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[256];
	uint64_t cookie = 0;

	for (int i = 0; file && !cookie && i < COOKIE_LINES && fgets(line, sizeof(line), file);
	     i++) {
		const char *word = strstr(line, COOKIE_WORD);

		cookie = word ? strtoull(word + strlen(COOKIE_WORD), NULL, 10) : 0;
	}
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	return cookie;
}

/* The number with which the name of one of our files begins; 0 if it is none of ours. */
static uint64_t number_of(const char *name)
{
	char *end;
	const uint64_t number = strtoull(name, &end, 10);

	return *end == '.' && *name >= '1' && *name <= '9' && number <= UINT32_MAX ? number : 0;
}

static bool is_dead(const struct sweep *sweep, uint64_t number)
{
	for (size_t i = 0; i < sweep->dead_count; i++)
		if (sweep->dead[i] == number)
			return true;
	return false;
}

static void look_at_file(struct sweep *sweep, const char *path, uint64_t number)
{
	const uint64_t cookie = is_dead(sweep, number) ? 0 : read_cookie(path);

	if (cookie && is_gone(sweep, cookie, number))
		arena_push(sweep->arena, sweep->dead, sweep->dead_count, number);
}

static void remove_if_dead(struct sweep *sweep, const char *path, uint64_t number)
{
	if (is_dead(sweep, number))
		unlink(path);
}

static void close_folder(void *folder)
{
	closedir(folder);
}

static void walk_records(struct sweep *sweep,
			 void (*take)(struct sweep *sweep, const char *path, uint64_t number))
{
	DIR *folder = opendir(STATE_DIRECTORY);
	const struct dirent *entry;
	struct undo undo;
	struct stat own;

	if (!folder)
		return;
	undo_later(&undo, close_folder, folder);
	while (!fstat(sweep->own, &own) && (entry = readdir(folder))) {
		const uint64_t number = number_of(entry->d_name);

		if (number && number != own.st_ino)
			take(sweep,
			     arena_printf(sweep->arena, STATE_DIRECTORY "/%s", entry->d_name),
			     number);
	}
	undo_never(&undo);
	closedir(folder);
}

void sweep_records(void)
{
	struct sweep sweep = {.own = netns_open()};
	struct undo undo;

	if (sweep.own < 0)
		return;
	undo_later(&undo, undo_fd, &sweep.own);
	if (is_root_of_all() && has_handles(&sweep)) {
		sweep.arena = arena_new();
		walk_records(&sweep, look_at_file);
		if (sweep.dead_count)
			walk_records(&sweep, remove_if_dead);
		arena_free(sweep.arena);
	}
	undo_never(&undo);
	close(sweep.own);
}
