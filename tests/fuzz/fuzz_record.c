/*
 * Gives made-up contents for the files in /run/np2nft: the record of an apply, and what is kept of
 * the ruleset.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create(), RTLD_NEXT */
#endif

#include "fuzz.h"

#include "base/arena.h"
#include "base/guarded_call.h"
#include "node/kept_ruleset.h"
#include "node/apply_record.h"
#include "node/status.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t *file;
static size_t file_len;

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list list;
	int fd;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, mode_t);
	va_end(list);
	if (strncmp(path, STATE_DIRECTORY, strlen(STATE_DIRECTORY)) != 0)
		return ((__typeof__(&open))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
	fd = memfd_create("record", MFD_CLOEXEC);
	fuzz_must(fd >= 0 && !fchmod(fd, 0600) && write(fd, file, file_len) == (ssize_t)file_len &&
		  !lseek(fd, 0, SEEK_SET));
	return fd;
}

/* Checks that there is a text, and that nothing in it controls a terminal. */
static void check_text(const char *text)
{
	fuzz_must(*text);
	for (; *text; text++)
		fuzz_must((uint8_t)*text >= ' ' || *text == '\n' || *text == '\t');
}

static void read_all(void)
{
	struct arena *arena = arena_new();
	const struct ruleset ruleset = {.table = "t"};
	struct status status = {.table = "t", .in_force = true};
	struct state state;
	size_t policies = 0;

	(void)state_read(arena, "t", &state);
	check_text(status_text(arena, &status, &state));
	check_text(status_json(arena, &status, &state));
	(void)kept_is(arena, &ruleset, (struct kept_at){1, 2});
	(void)kept_compare(arena, &ruleset, 1, &policies);
	arena_free(arena);
}

/*
 * @COOKIE@ in the input is replaced by the cookie of this network namespace; a file with another
 * cookie is not read any further.
 */
static uint8_t *with_cookie(const uint8_t *bytes, size_t len, size_t *new_len)
{
	static const char word[] = "@COOKIE@";
	const uint8_t *at = memmem(bytes, len, word, strlen(word));
	char number[32];
	const size_t digits = (size_t)snprintf(number, sizeof(number), "%" PRIu64, state_cookie());
	uint8_t *copy = malloc(len + digits + 1);
	const size_t before = at ? (size_t)(at - bytes) : len;

	fuzz_must(copy);
	memcpy(copy, bytes, before);
	*new_len = before;
	if (!at)
		return copy;
	memcpy(copy + before, number, digits);
	memcpy(copy + before + digits, at + strlen(word), len - before - strlen(word));
	*new_len = len + digits - strlen(word);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = with_cookie(bytes, len, &file_len);
	struct call call;

	file = copy;
	call_begin(&call);
	if (!setjmp(call.began))
		read_all();
	call_end(&call);
	free(copy);
	return 0;
}
