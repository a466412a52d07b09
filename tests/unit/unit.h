/*
 * What the suites share: a main() from a list of tests, objects from text, and numbers that are
 * random, but the same in each run.
 */
#ifndef NP2NFT_UNIT_H
#define NP2NFT_UNIT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create() */
#endif

#include "base/arena.h"
#include "model/objects.h"
#include "read/document.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* UNIT_MAIN("name", one_test, another_test) */
#define UNIT_MAIN(name, ...)                                                                       \
	int main(void)                                                                             \
	{                                                                                          \
		const TTest *tests[] = {__VA_ARGS__};                                              \
                                                                                                   \
		return unit_run(name, tests, COUNT(tests));                                        \
	}

static inline int unit_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(all, 120);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Works as ck_assert_msg() does, but fast enough to be called a million times: ck_assert_msg()
 * writes to a file at each call.
 */
#define often_assert(condition, ...)                                                               \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

/*
 * Returns how many of @all random inputs are tried: a few if NP2NFT_FEW is set
 * (tests/CMakeLists.txt).
 */
static inline unsigned rounds(unsigned all)
{
	return getenv("NP2NFT_FEW") ? all / 6 : all;
}

/*
 * The dice return numbers from 0 to below @n, which are the same in each run, and begin again when
 * dice_state is set to 1.
 */
static uint64_t dice_state = 1;

static inline unsigned dice(unsigned n)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice_state >> 33) % n;
}

/* Reads a text in YAML, which may have faults. */
static inline struct objects *unit_read(struct arena *arena, const char *text, bool details,
					struct diags *diags)
{
	const struct read_options options = {.default_namespace = "default", .details = details};
	struct objects *objects = arena_alloc(arena, sizeof(*objects));
	int fd = memfd_create("text", MFD_CLOEXEC);
	const char *path = arena_printf(arena, "/proc/self/fd/%d", fd);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	objects->arena = diags->arena = arena;
	read_paths(&path, 1, &options, objects, diags);
	close(fd);
	return objects;
}

/* Reads a text in YAML, which must be without fault. */
static inline struct objects *unit_objects(struct arena *arena, const char *text)
{
	struct diags diags = {0};
	struct objects *objects = unit_read(arena, text, false, &diags);

	for (size_t i = 0; i < diags.count; i++)
		if (diags.items[i].severity == DIAG_ERROR)
			ck_abort_msg("%u:%u: %s", diags.items[i].mark.line, diags.items[i].mark.col,
				     diags.items[i].text);
	return objects;
}

#endif
