/* The API server sends a time as a number of seconds in protobuf, and as text in JSON. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strptime(), timegm() */
#endif

#include "agent/start_delay.h"

#include "read/tree_node.h"
#include "read/scalar.h"

#include <time.h>

static double date_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Returns the seconds of a time in an object, or 0 if it is no time. */
static double seconds_of(const struct tree_node *time)
{
	struct tm tm = {0};
	int64_t seconds;

	if (!time)
		return 0;
	if (time->kind == TREE_MAPPING)
		return scalar_integer(tree_get(time, "seconds"), &seconds) ? (double)seconds : 0;
	if (time->kind != TREE_SCALAR || !strptime(time->text, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	return (double)timegm(&tm);
}

static void note(struct starts *starts, double began)
{
	if (began > 0 && starts->count < STARTS_MAX)
		starts->began[starts->count++] = began;
}

void starts_note_pod(struct starts *starts, const struct tree_node *pod)
{
	const struct tree_node *status = tree_get(pod, "status");

	if (*tree_text_in(status, "podIP"))
		note(starts, seconds_of(tree_get(status, "startTime")));
}

void starts_note_now(struct starts *starts)
{
	note(starts, date_now());
}

void starts_end(struct starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		const double seconds = date_now() - starts->began[i];

		/*
		 * The kubelet reads the same clock, so this is negative only if the clock was set
		 * back in between.
		 */
		histogram_add(&starts->histogram, seconds > 0 ? seconds : 0);
	}
	starts->count = 0;
}
