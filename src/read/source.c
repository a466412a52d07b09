/* Files and folders.  See read/source.h. */
#include "read/source.h"

#include "base/arena.h"
#include "read/json.h"
#include "read/split.h"
#include "read/tree.h"
#include "read/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* JSON is read as a whole; this is more than any cluster's. */
#define JSON_MAX ((size_t)1 << 30)

static struct mark whole(const char *file)
{
	return (struct mark){.file = file};
}

static bool has_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_file(struct arena *arena, const char *path, struct source_list *list)
{
	arena_push(arena, list->files, list->count, arena_strndup(arena, path, strlen(path)));
}

/* One entry of a walk through a folder. */
static void visit(struct arena *arena, FTS *walk, FTSENT *entry, struct source_list *list,
		  struct diags *diags)
{
	struct mark mark = whole(arena_strndup(arena, entry->fts_path, strlen(entry->fts_path)));

	if (entry->fts_level > 0 && entry->fts_name[0] == '.') {
		fts_set(walk, entry, FTS_SKIP);
		return;
	}
	switch (entry->fts_info) {
	case FTS_F:
		if (has_suffix(entry->fts_name))
			add_file(arena, entry->fts_path, list);
		break;
	case FTS_DC:
		diag_error(diags, mark, "a link back to a folder that it stands in");
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		diag_error(diags, mark, "cannot be read: %s", strerror(entry->fts_errno));
		break;
	case FTS_SLNONE:
		if (has_suffix(entry->fts_name))
			diag_error(diags, mark, "a link to nothing");
		break;
	case FTS_DEFAULT:
		if (has_suffix(entry->fts_name))
			diag_error(diags, mark, "not a regular file");
		break;
	default:
		break;
	}
}

void source_find(struct arena *arena, const char *path, struct source_list *list,
		 struct diags *diags)
{
	char *paths[] = {arena_strndup(arena, path, strlen(path)), NULL};
	size_t before = list->count, errors = diags->errors;
	struct stat status;
	FTS *walk;

	if (!strcmp(path, "-")) {
		add_file(arena, path, list);
		return;
	}
	if (stat(path, &status)) {
		diag_error(diags, whole(paths[0]), "cannot be read: %s", strerror(errno));
		return;
	}
	if (!S_ISDIR(status.st_mode)) {
		add_file(arena, path, list);
		return;
	}
	walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!walk) {
		diag_error(diags, whole(paths[0]), "cannot be read: %s", strerror(errno));
		return;
	}
	for (FTSENT *entry; (entry = fts_read(walk));)
		visit(arena, walk, entry, list, diags);
	fts_close(walk);
	if (list->count == before && diags->errors == errors)
		diag_warning(diags, whole(paths[0]), "no *.yaml, *.yml or *.json in this folder");
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

void source_read(const char *file, const struct tree_sink *sink, struct diags *diags)
{
	bool standard = !strcmp(file, "-");
	int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
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
