/*
 * Decides by the first bytes of an input whether it is JSON or YAML.  JSON is held in memory as a
 * whole, YAML is parsed while it is read.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif

#include "read/source.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "read/folder.h"
#include "read/json.h"
#include "read/tree.h"
#include "read/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* JSON is read as a whole; no cluster has more than this. */
#define JSON_MAX ((size_t)1 << 30)

static struct mark mark_of(const char *file)
{
	return (struct mark){.file = file};
}

void source_find(struct arena *arena, const char *path, struct file_list *list, struct diags *diags)
{
	size_t before = list->seen.count, files = list->count, errors = diags->errors;
	struct stat status;
	const char *real;

	list->seen.arena = arena;
	if (!strcmp(path, "-")) {
		file_list_add(arena, list, path, path);
	} else if (stat(path, &status)) {
		diag_error(diags, mark_of(path), "cannot be read: %s", strerror(errno));
	} else if (S_ISDIR(status.st_mode)) {
		folder_find(arena, path, list, diags);
		if (list->count == files && list->seen.count > before && diags->errors == errors)
			diag_warning(diags, mark_of(path),
				     "no *.yaml, *.yml or *.json in this folder");
	} else {
		/* A pipe, for one, has no path but this. */
		real = file_list_real_path(arena, path);
		file_list_add(arena, list, path, real ? real : path);
	}
}

static ssize_t read_block(int fd, void *bytes, size_t size)
{
	ssize_t got;

	do
		got = read(fd, bytes, size);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Does the input begin like JSON? */
static bool looks_like_json(const unsigned char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", bytes[i]) && bytes[i])
		i++;
	return i < len && (bytes[i] == '{' || bytes[i] == '[');
}

/* A whole text, in memory of malloc(). */
struct whole {
	unsigned char *bytes;
	size_t len, size;
};

static void free_whole(void *whole)
{
	free(((struct whole *)whole)->bytes);
}

static void enlarge(struct whole *text, size_t size)
{
	text->bytes = call_checked(realloc(text->bytes, size));
	text->size = size;
}

/* Reads the rest of @fd and appends it to @text; returns false with errno if that fails. */
static bool read_rest(int fd, struct whole *text)
{
	for (;;) {
		ssize_t got;

		if (text->len == text->size)
			enlarge(text, 2 * text->size);
		got = read_block(fd, text->bytes + text->len, text->size - text->len);
		if (got <= 0)
			return got == 0;
		text->len += (size_t)got;
		if (text->len > JSON_MAX) {
			errno = EFBIG;
			return false;
		}
	}
}

/* YAML in flow style begins like JSON, so a text that is not exactly JSON is read as YAML. */
static void read_text(const char *name, const unsigned char *bytes, size_t len,
		      struct tree_builder *builder, struct diags *diags)
{
	const struct yaml_input yaml = {.file = name, .begun = bytes, .len = len, .fd = -1};

	if (looks_like_json(bytes, len) && json_is_valid(bytes, len))
		json_read(bytes, len, builder);
	else
		yaml_read(&yaml, builder, diags);
}

/* Reads a file that begins like JSON; @begun has its first @len bytes. */
static void read_json_file(const char *name, int fd, const unsigned char *begun, size_t len,
			   struct tree_builder *builder, struct diags *diags)
{
	struct whole text = {0};
	struct undo undo;

	undo_later(&undo, free_whole, &text);
	enlarge(&text, (size_t)1 << 20);
	memcpy(text.bytes, begun, len);
	text.len = len;
	if (read_rest(fd, &text))
		read_text(name, text.bytes, text.len, builder, diags);
	else if (errno == EFBIG)
		diag_error(diags, mark_of(name),
			   "larger than 1 GiB, which is the most that is read as JSON");
	else
		diag_error(diags, mark_of(name), "cannot be read: %s", strerror(errno));
	undo_never(&undo);
	free_whole(&text);
}

static void read_file(const char *name, int fd, struct tree_builder *builder, struct diags *diags)
{
	unsigned char begun[4096];
	const ssize_t got = fd < 0 ? -1 : read_block(fd, begun, sizeof(begun));
	const struct yaml_input yaml = {.file = name, .begun = begun, .len = (size_t)got, .fd = fd};

	if (got < 0)
		diag_error(diags, mark_of(name), "cannot be read: %s", strerror(errno));
	else if (looks_like_json(begun, (size_t)got))
		read_json_file(name, fd, begun, (size_t)got, builder, diags);
	else
		yaml_read(&yaml, builder, diags);
}

static int open_file(const char *file)
{
	int fd;

	do
		fd = open(file, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static bool find_in(int fd, const char *text, bool *holds)
{
	struct whole whole = {0};
	struct undo undo;
	bool good;

	undo_later(&undo, free_whole, &whole);
	enlarge(&whole, (size_t)1 << 16);
	good = read_rest(fd, &whole);
	*holds = memmem(whole.bytes, whole.len, text, strlen(text)) != NULL;
	undo_never(&undo);
	free_whole(&whole);
	return good;
}

bool source_holds(const char *file, const char *text, bool *holds)
{
	struct stat status;
	struct undo undo;
	int fd;
	bool good;

	if (stat(file, &status) || !S_ISREG(status.st_mode))
		return false;
	fd = open_file(file);
	if (fd < 0)
		return false;
	undo_later(&undo, undo_fd, &fd);
	good = find_in(fd, text, holds);
	undo_never(&undo);
	close(fd);
	return good;
}

void source_read(const char *file, const struct tree_sink *sink, struct diags *diags)
{
	const bool standard = !strcmp(file, "-");
	const char *name = standard ? "<stdin>" : file;
	struct tree_builder *builder = tree_new(name, sink, diags);
	int fd = standard ? STDIN_FILENO : open_file(file);
	const bool closes = fd >= 0 && !standard;
	struct undo undo;

	if (closes)
		undo_later(&undo, undo_fd, &fd);
	read_file(name, fd, builder, diags);
	if (closes) {
		undo_never(&undo);
		close(fd);
	}
	tree_free(builder);
}

void source_read_bytes(const char *name, const void *bytes, size_t len,
		       const struct tree_sink *sink, struct diags *diags)
{
	struct tree_builder *builder = tree_new(name, sink, diags);

	read_text(name, bytes, len, builder, diags);
	tree_free(builder);
}
