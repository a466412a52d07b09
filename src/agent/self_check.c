/* Begins the child, which compares slowly, and reads its report from a pipe. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2() */
#endif

#include "agent/self_check.h"

#include "agent/clock.h"
#include "agent/report.h"
#include "agent/running.h"
#include "base/arena.h"
#include "base/files.h"
#include "base/guarded_call.h"
#include "kernel/read_table.h"
#include "verify/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child works for so many seconds at once, and rests so many times as long. */
#define SLICE 0.005
#define REST  19

/*
 * The child may take so many bytes more than the agent has.  Where a container may have less, the kernel might end the
 * agent for it.
 */
#define MEMORY ((rlim_t)256 << 20)

void self_check_begin(struct self_check *check, long pause)
{
	*check = (struct self_check){.pause = pause, .due = LLONG_MAX, .fd = -1};
}

void self_check_end(struct self_check *check)
{
	/* The child ends when it finds that nobody reads. */
	if (check->fd >= 0)
		close(check->fd);
	check->fd = -1;
}

/* What the child says at its end. */
struct self_check_report {
	uint64_t packets; /* how many were compared */
	/* how many of them the table judges in another way, and how many of its parts are not np2nft's */
	uint64_t differences;
	char text[2048]; /* about the differences, with a NUL at its end */
};

/* What the child does between two looks at the time. */
struct slice {
	int report;   /* where the report goes */
	double begin; /* by CLOCK_THREAD_CPUTIME_ID */
};

static void rest(double seconds)
{
	const struct timespec time = {.tv_sec = (time_t)seconds,
				      .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	nanosleep(&time, NULL);
}

/* Rests if the slice is over; returns false if nobody waits for the report any more. */
static bool go_on(void *context, uint64_t done, uint64_t total)
{
	struct slice *slice = context;
	const double worked = clock_seconds(CLOCK_THREAD_CPUTIME_ID) - slice->begin;
	struct pollfd reader = {.fd = slice->report};

	(void)done;
	(void)total;
	if (worked < SLICE)
		return true;
	rest(REST * worked);
	slice->begin = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
	return !poll(&reader, 1, 0);
}

/* Bounds the memory that this process can have. */
static void bound_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (file && fscanf(file, "%lu", &pages) == 1 && pages) {
		const rlim_t bound = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY;

		setrlimit(RLIMIT_AS, &(struct rlimit){bound, bound});
	}
	if (file)
		fclose(file);
}

static void compare(struct pipeline *pipeline, const char *node, const struct ruleset *table,
		    struct slice *slice, struct self_check_report *report)
{
	struct arena *arena = arena_new();
	const struct objects objects = pipeline_objects(pipeline, arena);
	struct verify_result result;

	slice->begin = clock_seconds(CLOCK_THREAD_CPUTIME_ID);
	if (!verify(arena, &objects, node, pipeline_closed_ranges(pipeline), table, go_on, slice,
		    &result))
		_exit(1);
	report->packets = result.comparisons;
	report->differences = result.difference_count + result.fault_count;
	if (report->differences)
		snprintf(report->text, sizeof(report->text), "%s",
			 verify_text(arena, &objects, &result));
}

/* What the child does.  A report is short enough for one write. */
_Noreturn static void be_child(struct pipeline *pipeline, const char *node,
			       const struct ruleset *table, int fd)
{
	struct slice slice = {.report = fd};
	struct self_check_report report = {.packets = 0};
	struct call call;

	/* A failure ends the child, and nothing that it was given is given back twice. */
	call_begin(&call);
	if (setjmp(call.began))
		_exit(1);
	files_keep_only(fd, -1);
	bound_memory();
	compare(pipeline, node, table, &slice, &report);
	_exit(write(fd, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
}

/* Begins the child; returns false with errno if there is none. */
static bool start_child(struct self_check *check, struct pipeline *pipeline, const char *node,
			const struct ruleset *table)
{
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	check->child = fork();
	error = errno;
	if (!check->child)
		be_child(pipeline, node, table, ends[1]);
	close(ends[1]);
	if (check->child > 0)
		check->fd = ends[0];
	else
		close(ends[0]);
	errno = error;
	return check->fd >= 0;
}

static void plan_next(struct self_check *check)
{
	check->due = clock_milliseconds() + 1000LL * check->pause;
}

static void tell_failure(struct agent *agent, const char *error)
{
	agent->self_check.failed++;
	plan_next(&agent->self_check);
	log_tell(&agent->log, LOG_WARNING, "the table could not be verified", "error", error, NULL);
}

/* Compares the table with the pipeline, unless it turns out that somebody has just changed it. */
static void start(struct agent *agent)
{
	struct arena *memory = arena_new();
	struct diags diags = {.arena = arena_new()};
	struct kernel_table table;

	if (kernel_look(memory, agent->options->commit.table, &table, &diags))
		tell_failure(agent, diags.count ? diags.items[0].text : "");
	else if (commit_is_disturbed(&agent->commit, &diags))
		agent->wants_commit = true;
	else if (!start_child(&agent->self_check, agent->pipeline, agent->options->pipeline.node,
			      &table.ruleset))
		tell_failure(agent, strerror(errno));
	arena_free(diags.arena);
	arena_free(memory);
}

/* May a check begin? */
static bool can_start(const struct agent *agent)
{
	return agent->self_check.pause && agent->self_check.fd < 0 && agent->is_synced &&
	       !agent->wants_commit;
}

long self_check_timeout(const struct agent *agent, long long now)
{
	const long long due = agent->self_check.due;

	if (!can_start(agent) || due - now >= LONG_MAX)
		return LONG_MAX;
	return due > now ? (long)(due - now) : 0;
}

void self_check_step(struct agent *agent, long long now)
{
	if (!can_start(agent))
		return;
	if (agent->self_check.due == LLONG_MAX)
		plan_next(&agent->self_check);
	else if (now >= agent->self_check.due)
		start(agent);
}

static bool read_report(int fd, struct self_check_report *report)
{
	ssize_t got;

	do
		got = read(fd, report, sizeof(*report));
	while (got < 0 && errno == EINTR);
	return got == sizeof(*report);
}

static void count(struct self_check *check, const struct self_check_report *report)
{
	check->ended++;
	check->packets += report->packets;
	check->differences += report->differences;
	check->last_packets = report->packets;
	check->last_differences = report->differences;
	check->time = time(NULL);
}

void self_check_take(struct agent *agent)
{
	struct self_check *check = &agent->self_check;
	struct self_check_report report;
	const bool is_whole = read_report(check->fd, &report);

	self_check_end(check);
	while (waitpid(check->child, NULL, 0) < 0 && errno == EINTR)
		;
	if (!is_whole) {
		tell_failure(agent,
			     "the process that does so has ended, perhaps for lack of memory");
		return;
	}
	count(check, &report);
	plan_next(check);
	if (report.differences) {
		log_tell(&agent->log, LOG_ERROR, "the table does not do what the policies say",
			 "differences", log_number(&agent->log, report.differences), "packets",
			 log_number(&agent->log, report.packets), "first", report.text, NULL);
		/* If the table is not what was sent, a commit that reads it puts it right. */
		commit_doubt(&agent->commit);
		agent->wants_commit = true;
	} else {
		log_tell(&agent->log, LOG_DEBUG, "verified", "packets",
			 log_number(&agent->log, report.packets), NULL);
	}
	report_record_soon(agent, clock_milliseconds());
}
