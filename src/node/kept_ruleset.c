/* Keeps two files beside the record of a table: TABLE%ruleset and TABLE%begun. */
#include "node/kept_ruleset.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "emit/text.h"
#include "node/apply_record.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first line is never longer than this. */
#define HEAD_SIZE 256

/*
 * The first line.  A version that sends other messages for the same text has another layout or
 * another version number.
 */
#define HEAD        "np2nft " NP2NFT_VERSION " layout %u netns %" PRIu64 " table %" PRIu64
#define HEAD_GROWTH " generation %" PRIu32 " policies %zu\n"

static const char *ruleset_path(struct arena *arena, const char *table)
{
	return state_path(arena, table, "%ruleset");
}

static const char *mark_path(struct arena *arena, const char *table)
{
	return state_path(arena, table, "%begun");
}

static const char *head_text(struct arena *arena, const struct ruleset *ruleset, struct kept_at at)
{
	return arena_printf(arena, HEAD HEAD_GROWTH, TABLE_LAYOUT, state_cookie(), at.handle,
			    at.generation, ruleset->stats.policies);
}

/* Writes the ruleset without its legend, which the kernel does not have. */
static int write_text(const struct ruleset *ruleset, text_writer write, void *context)
{
	struct ruleset bare = *ruleset;

	bare.legend_count = 0;
	return emit_text(&bare, write, context);
}

static void close_file(void *file)
{
	fclose(file);
}

/*
 * Opens what is kept; NULL if there is nothing, or if others than root and this user could have
 * written it.
 */
static FILE *open_kept(struct arena *arena, const char *table)
{
	const char *path = ruleset_path(arena, table);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	struct stat status;
	FILE *file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || (status.st_mode & 022) ||
	    (status.st_uid != 0 && status.st_uid != geteuid())) {
		close(fd);
		return NULL;
	}
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

/* A text_writer that writes nothing, but fails if the file continues in another way. */
static int compare_bytes(void *context, const char *bytes, size_t len)
{
	char buffer[4096];

	while (len) {
		const size_t part = len < sizeof(buffer) ? len : sizeof(buffer);

		if (fread(buffer, 1, part, context) != part || memcmp(buffer, bytes, part) != 0)
			return -1;
		bytes += part;
		len -= part;
	}
	return 0;
}

/* Does the file contain this ruleset, from here to its end? */
static bool holds_text(FILE *file, const struct ruleset *ruleset)
{
	return !write_text(ruleset, compare_bytes, file) && fgetc(file) == EOF && !ferror(file);
}

bool kept_is(struct arena *arena, const struct ruleset *ruleset, struct kept_at at)
{
	const char *head = head_text(arena, ruleset, at);
	FILE *file = open_kept(arena, ruleset->table);
	struct undo undo;
	bool same;

	if (!file)
		return false;
	undo_later(&undo, close_file, file);
	same = !compare_bytes(file, head, strlen(head)) && holds_text(file, ruleset);
	undo_never(&undo);
	fclose(file);
	return same;
}

/* Reads the first line; returns false if it is about something else than @wanted. */
static bool read_head(FILE *file, const char *wanted, size_t *policies)
{
	char line[HEAD_SIZE];
	uint32_t generation;
	int end = -1;

	if (!fgets(line, sizeof(line), file) || strncmp(line, wanted, strlen(wanted)) != 0)
		return false;
	return sscanf(line + strlen(wanted), HEAD_GROWTH "%n", &generation, policies, &end) == 2 &&
	       end > 0 && !line[strlen(wanted) + (size_t)end];
}

enum kept_sameness kept_compare(struct arena *arena, const struct ruleset *ruleset, uint64_t handle,
				size_t *policies)
{
	const char *head = arena_printf(arena, HEAD, TABLE_LAYOUT, state_cookie(), handle);
	FILE *file = open_kept(arena, ruleset->table);
	enum kept_sameness sameness = KEPT_NONE;
	struct undo undo;

	if (!file)
		return KEPT_NONE;
	undo_later(&undo, close_file, file);
	if (read_head(file, head, policies))
		sameness = holds_text(file, ruleset) ? KEPT_SAME : KEPT_OTHER;
	if (ferror(file))
		sameness = KEPT_NONE;
	undo_never(&undo);
	fclose(file);
	return sameness;
}

static int put_bytes(void *context, const char *bytes, size_t len)
{
	return fwrite(bytes, 1, len, context) == len ? 0 : -1;
}

/* Writes to a copy of @fd, which stays open. */
static int write_parts(int fd, const char *head, const struct ruleset *ruleset)
{
	const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "w");
	struct undo undo;
	int failed;

	if (!file) {
		if (copy >= 0)
			close(copy);
		return -1;
	}
	undo_later(&undo, close_file, file);
	failed = put_bytes(file, head, strlen(head)) || write_text(ruleset, put_bytes, file);
	undo_never(&undo);
	return fclose(file) || failed ? -1 : 0;
}

/* Returns 0, or -1 with errno. */
static int write_file(struct arena *arena, const char *path, const char *head,
		      const struct ruleset *ruleset)
{
	int fd = state_open_new(arena, path), failed;
	struct undo undo;

	if (fd < 0)
		return -1;
	undo_later(&undo, undo_fd, &fd);
	failed = write_parts(fd, head, ruleset);
	undo_never(&undo);
	if (!failed)
		return state_put_new(arena, path, fd);
	state_drop_new(arena, path, fd);
	return -1;
}

void kept_write(struct arena *arena, const struct ruleset *ruleset, struct kept_at at,
		struct diags *diags)
{
	const char *path = ruleset_path(arena, ruleset->table);

	if (path && !state_make_directory() &&
	    !write_file(arena, path, head_text(arena, ruleset, at), ruleset))
		return;
	/* For other errors the record cannot be written either, and that is reported. */
	if (path && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
		diag_note(diags, (struct mark){0},
			  "the next apply will read the whole table: %s: %s", STATE_DIRECTORY,
			  strerror(errno));
	kept_remove(arena, ruleset->table);
}

void kept_remove(struct arena *arena, const char *table)
{
	const char *path = ruleset_path(arena, table);

	if (path)
		unlink(path);
}

int kept_begin(struct arena *arena, const char *table)
{
	const char *path = mark_path(arena, table);
	int fd = -1;

	if (path && !state_make_directory())
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB);
	return fd;
}

void kept_end(struct arena *arena, const char *table)
{
	const char *path = mark_path(arena, table);

	if (path)
		unlink(path);
}

enum kept_mark kept_mark(struct arena *arena, const char *table)
{
	const char *path = mark_path(arena, table);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	bool held;

	if (fd < 0)
		return KEPT_WHOLE;
	held = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return held ? KEPT_UNDER_WAY : KEPT_CUT_SHORT;
}
