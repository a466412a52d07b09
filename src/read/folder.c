/* Visits each folder by visit_folder(), and each name in it by visit_entry(). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* d_type */
#endif

#include "read/folder.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "read/file_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct folder_walk {
	struct arena *arena;
	struct file_list *list;
	struct diags *diags;
};

/* A folder that is being visited. */
struct folder {
	const struct folder *above; /* the folder from which it was reached; NULL: none */
	const char *path;           /* the path as the user named it */
	const char *real;           /* the path without links */
};

struct folder_entry {
	const char *name;
	bool may_be_link;
};

struct folder_entries {
	struct folder_entry *items;
	size_t count;
};

static void cannot_read(struct folder_walk *walk, const char *path)
{
	diag_error(walk->diags, (struct mark){.file = path}, "cannot be read: %s", strerror(errno));
}

static bool has_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static const char *join(struct arena *arena, const char *folder, const char *name)
{
	size_t len = strlen(folder);
	bool ends = len && folder[len - 1] == '/';

	return arena_join(arena, folder, ends ? "" : "/", name, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct folder_entry *)a)->name,
		      ((const struct folder_entry *)b)->name);
}

static DIR *open_folder(const char *path)
{
	DIR *dir;

	do
		dir = opendir(path);
	while (!dir && errno == EINTR);
	return dir;
}

static void close_folder(void *dir)
{
	closedir(dir);
}

/* Adds the names in the folder to @entries; returns -1 with errno if that fails before its end. */
static int list_entries(struct arena *arena, const char *path, struct folder_entries *entries)
{
	DIR *dir = open_folder(path);
	const struct dirent *found;
	struct undo undo;
	int error;

	if (!dir)
		return -1;
	undo_later(&undo, close_folder, dir);
	for (errno = 0; (found = readdir(dir)); errno = 0)
		if (found->d_name[0] != '.')
			arena_push(
				arena, entries->items, entries->count,
				((struct folder_entry){
					arena_strndup(arena, found->d_name, strlen(found->d_name)),
					found->d_type == DT_LNK || found->d_type == DT_UNKNOWN}));
	error = errno;
	undo_never(&undo);
	closedir(dir);
	errno = error;
	return error ? -1 : 0;
}

static bool stands_in(const struct folder *folder, const char *real)
{
	while (folder && strcmp(folder->real, real) != 0)
		folder = folder->above;
	return folder;
}

static void visit_entry(struct folder_walk *walk, const struct folder *folder,
			const struct folder_entry *entry);

static void visit_folder(struct folder_walk *walk, const struct folder *folder)
{
	struct folder_entries entries = {0};

	if (stands_in(folder->above, folder->real)) {
		diag_error(walk->diags, (struct mark){.file = folder->path},
			   "a link back to a folder that it stands in");
		return;
	}
	if (!file_list_is_new(walk->list, folder->real))
		return;
	if (list_entries(walk->arena, folder->path, &entries)) {
		cannot_read(walk, folder->path);
		return;
	}
	if (entries.count)
		qsort(entries.items, entries.count, sizeof(*entries.items), by_name);
	for (size_t i = 0; i < entries.count; i++)
		visit_entry(walk, folder, &entries.items[i]);
}

/*
 * Reports what could not be looked at.  A link to nothing matters only if its name is that of a
 * manifest.
 */
static void tell_missing(struct folder_walk *walk, const char *path, const char *name)
{
	struct stat status;
	int error = errno;
	bool dangles = error == ENOENT && !lstat(path, &status) && S_ISLNK(status.st_mode);

	errno = error;
	if (!dangles)
		cannot_read(walk, path);
	else if (has_suffix(name))
		diag_error(walk->diags, (struct mark){.file = path}, "a link to nothing");
}

static void visit_entry(struct folder_walk *walk, const struct folder *folder,
			const struct folder_entry *entry)
{
	const char *path = join(walk->arena, folder->path, entry->name), *real;
	struct stat status;

	if (stat(path, &status)) {
		tell_missing(walk, path, entry->name);
		return;
	}
	if (!S_ISDIR(status.st_mode) && !has_suffix(entry->name))
		return;
	if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) {
		diag_error(walk->diags, (struct mark){.file = path}, "not a regular file");
		return;
	}
	real = entry->may_be_link ? file_list_real_path(walk->arena, path)
				  : join(walk->arena, folder->real, entry->name);
	if (!real)
		cannot_read(walk, path);
	else if (S_ISDIR(status.st_mode))
		visit_folder(walk, &(struct folder){folder, path, real});
	else
		file_list_add(walk->arena, walk->list, path, real);
}

void folder_find(struct arena *arena, const char *path, struct file_list *list, struct diags *diags)
{
	struct folder_walk walk = {arena, list, diags};
	const char *real = file_list_real_path(arena, path);

	if (real)
		visit_folder(&walk, &(struct folder){NULL, path, real});
	else
		cannot_read(&walk, path);
}
