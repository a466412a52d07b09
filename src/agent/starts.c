/* The API server sends a time as a number of seconds in protobuf, and as text in JSON. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strptime(), timegm() */
#endif

#include "agent/starts.h"

#include "read/node.h"
#include "read/scalar.h"

#include <time.h>

static double date_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 0: it is no time. */
static double seconds_of(const struct node *time)
{
	struct tm tm = {0};
	int64_t seconds;

	if (!time)
		return 0;
	if (time->kind == NODE_MAPPING)
		return scalar_integer(node_get(time, "seconds"), &seconds) ? (double)seconds : 0;
	if (time->kind != NODE_SCALAR || !strptime(time->text, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	return (double)timegm(&tm);
}

static void note(struct starts *starts, double began)
{
	if (began > 0 && starts->count < STARTS_MAX)
		starts->began[starts->count++] = began;
}

void starts_note_pod(struct starts *starts, const struct node *pod)
{
	const struct node *status = node_get(pod, "status");

	if (*node_text_in(status, "podIP"))
		note(starts, seconds_of(node_get(status, "startTime")));
}

void starts_note_now(struct starts *starts)
{
	note(starts, date_now());
}

void starts_end(struct starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		const double seconds = date_now() - starts->began[i];

		/* The kubelet's clock is this one, unless it was set in between. */
		histogram_add(&starts->histogram, seconds > 0 ? seconds : 0);
	}
	starts->count = 0;
}
