/* Files and folders.  See read/source.h. */
#include "read/source.h"

#include "base/arena.h"
#include "read/folder.h"
#include "read/json.h"
#include "read/split.h"
#include "read/tree.h"
#include "read/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* JSON is read as a whole; this is more than any cluster's. */
#define JSON_MAX ((size_t)1 << 30)

static struct mark whole(const char *file)
{
	return (struct mark){.file = file};
}

const char *source_real_path(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? arena_strndup(arena, real, strlen(real)) : NULL;

	free(real);
	return copy;
}

bool source_is_new(struct source_list *list, const char *real)
{
	bool added;

	table_add(&list->seen, real, strlen(real), &added);
	return added;
}

void source_add(struct arena *arena, struct source_list *list, const char *path, const char *real)
{
	if (source_is_new(list, real))
		arena_push(arena, list->files, list->count,
			   arena_strndup(arena, path, strlen(path)));
}

void source_find(struct arena *arena, const char *path, struct source_list *list,
		 struct diags *diags)
{
	size_t before = list->seen.count, files = list->count, errors = diags->errors;
	struct stat status;
	const char *real;

	list->seen.arena = arena;
	if (!strcmp(path, "-")) {
		source_add(arena, list, path, path);
	} else if (stat(path, &status)) {
		diag_error(diags, whole(path), "cannot be read: %s", strerror(errno));
	} else if (S_ISDIR(status.st_mode)) {
		folder_find(arena, path, list, diags);
		if (list->count == files && list->seen.count > before && diags->errors == errors)
			diag_warning(diags, whole(path),
				     "no *.yaml, *.yml or *.json in this folder");
	} else {
		/* A pipe, for one, has no path but this. */
		real = source_real_path(arena, path);
		source_add(arena, list, path, real ? real : path);
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

/* Does the input begin as JSON does? */
static bool looks_like_json(const unsigned char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", bytes[i]) && bytes[i])
		i++;
	return i < len && (bytes[i] == '{' || bytes[i] == '[');
}

/* Reads all of @fd behind the @len bytes at hand; NULL after a diagnostic. */
static unsigned char *read_rest(const char *file, int fd, const unsigned char *begun, size_t *len,
				struct diags *diags)
{
	size_t size = (size_t)1 << 20;
	unsigned char *bytes = malloc(size);

	if (bytes)
		memcpy(bytes, begun, *len);
	while (bytes) {
		ssize_t got = read_block(fd, bytes + *len, size - *len);

		if (got < 0)
			diag_error(diags, whole(file), "cannot be read: %s", strerror(errno));
		if (got == 0)
			return bytes;
		if (got < 0 || (*len += (size_t)got) > JSON_MAX)
			break;
		if (*len == size) {
			unsigned char *more = realloc(bytes, size *= 2);

			if (!more)
				break;
			bytes = more;
		}
	}
	if (!diags->errors)
		diag_error(diags, whole(file), "too large to be read as JSON");
	free(bytes);
	return NULL;
}

static int open_file(const char *file)
{
	int fd;

	do
		fd = open(file, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

void source_read(const char *file, const struct tree_sink *sink, struct diags *diags)
{
	bool standard = !strcmp(file, "-");
	int fd = standard ? STDIN_FILENO : open_file(file);
	const char *name = standard ? "<stdin>" : file;
	struct tree_builder *builder = tree_new(name, sink, diags);
	unsigned char begun[4096], *all = NULL;
	ssize_t got = fd < 0 ? -1 : read_block(fd, begun, sizeof(begun));
	size_t len = got < 0 ? 0 : (size_t)got;

	if (got < 0) {
		diag_error(diags, whole(name), "cannot be read: %s", strerror(errno));
	} else if (!looks_like_json(begun, len)) {
		split_or_read(
			&(struct yaml_input){
				.file = name, .begun = begun, .len = len, .fd = fd, .offset = -1},
			builder, sink, diags);
	} else if ((all = read_rest(name, fd, begun, &len, diags))) {
		/* Flow style YAML begins like JSON: what is not JSON to the letter is YAML. */
		if (json_is_valid(all, len))
			json_read(all, len, builder);
		else
			yaml_read(
				&(struct yaml_input){
					.file = name, .begun = all, .len = len, .fd = -1},
				builder, diags);
	}
	free(all);
	if (fd >= 0 && !standard)
		close(fd);
	tree_free(builder);
}
