/* Tests what agent/watch.h says about a watch from which nothing has come. */
#include "unit.h"

#include "agent/watch.h"

#define TODAY 5000000 /* milliseconds since the machine began */

static struct watch new_watch(void)
{
	static struct api api = {.silence = 90000};
	static const struct watch_kind kind = {.name = "nodes", .path = "/api/v1/nodes"};
	struct watch watch;

	watch_begin(&watch, &api, &kind, &(struct watch_receiver){.context = NULL});
	return watch;
}

START_TEST(a_watch_that_is_not_begun_is_not_silent)
{
	const struct watch watch = new_watch();

	ck_assert(watch_silence(&watch, TODAY) < 0);
}
END_TEST

START_TEST(a_watch_that_was_not_wanted_is_not_silent)
{
	struct watch watch = new_watch();

	/* Its last request ended long ago. */
	watch.heard = 1000;
	watch.due = 1250;
	ck_assert(watch_silence(&watch, TODAY) < 0);
}
END_TEST

START_TEST(a_pause_after_a_failure_is_silence)
{
	struct watch watch = new_watch();

	watch.heard = TODAY - 2000;
	watch.due = TODAY + 1;
	ck_assert_double_eq(watch_silence(&watch, TODAY), 2);
}
END_TEST

UNIT_MAIN("watch", a_watch_that_is_not_begun_is_not_silent,
	  a_watch_that_was_not_wanted_is_not_silent, a_pause_after_a_failure_is_silence)
