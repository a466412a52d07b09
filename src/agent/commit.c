/*
 * Brings the pipeline's ruleset, with the guard over the pods' links, into force as apply does it,
 * and then ends the connections that it denies.  agent/refused_policies.h handles what the kernel
 * refuses.
 */
#include "agent/commit.h"

#include "agent/clock.h"
#include "base/arena.h"
#include "kernel/carrier.h"
#include "kernel/link_watch.h"
#include "kernel/read_table.h"
#include "node/apply.h"
#include "node/end_connections.h"
#include "node/kept_ruleset.h"
#include "node/lock.h"
#include "node/pod_links.h"
#include "node/preflight.h"
#include "node/session.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * So many seconds the agent waits for others to give up the lock; it does nothing else meanwhile.
 */
#define WAIT 10

/*
 * Links are looked at again so many milliseconds after an event about them, since several events
 * tell of a link that is set up; and so many after the last look, since no event tells of a new
 * route.
 */
#define LOOK_SOON  100
#define LOOK_LATER 60000

/*
 * For each second of processor time that looking at connections takes, the agent rests for REST
 * seconds; but where that would be longer than REST_LONG seconds, REST_LEAST or REST_LONG will do.
 */
#define REST       99
#define REST_LEAST 19
#define REST_LONG  5.0

/* If looking at connections failed, the agent tries it again after so many milliseconds. */
#define END_AGAIN 1000

/* The agent looks at connections for so many milliseconds at a time before its loop goes on. */
#define SLICE 5

static const struct mark nowhere;

int commit_begin(struct commit *commit, const struct commit_options *options, struct diags *diags)
{
	*commit = (struct commit){.options = *options,
				  .link_news = -1,
				  .look_at = LLONG_MAX,
				  .touched_arena = arena_new(),
				  .end_at = LLONG_MAX};
	touched_begin(&commit->touched, commit->touched_arena);
	commit->session = session_open(options->table, diags);
	if (!commit->session)
		return -1;
	if (options->no_guard)
		return 0;
	commit->look_at = 0;
	commit->finder = link_finder_new();
	commit->link_news = link_watch_open();
	if (commit->link_news < 0)
		diag_warning(diags, nowhere,
			     "the kernel does not tell of links (%s): they are "
			     "looked at once a minute",
			     strerror(errno));
	return 0;
}

static void stop_walk(struct commit *commit)
{
	if (commit->walk)
		connections_stop(commit->walk);
	commit->walk = NULL;
	if (commit->walk_arena)
		arena_free(commit->walk_arena);
	commit->walk_arena = NULL;
}

void commit_end(struct commit *commit)
{
	if (commit->session)
		session_close(commit->session);
	commit->session = NULL;
	link_finder_free(commit->finder);
	commit->finder = NULL;
	stop_walk(commit);
	if (commit->touched_arena)
		arena_free(commit->touched_arena);
	commit->touched_arena = NULL;
	if (commit->link_news >= 0)
		close(commit->link_news);
	commit->link_news = -1;
}

int commit_links_fd(const struct commit *commit)
{
	return commit->link_news;
}

void commit_hears_links(struct commit *commit, long long now)
{
	if (link_watch_take(commit->link_news) && commit->look_at > now + LOOK_SOON)
		commit->look_at = now + LOOK_SOON;
}

/* Looks at the links of this node's pods.  If they cannot be read, those known before are kept. */
static void look_at_links(struct commit *commit, struct pipeline *pipeline, long long now,
			  struct arena *arena, struct diags *diags)
{
	const struct objects pods = pipeline_node_pods(pipeline, arena);
	struct pod_links links;

	if (now >= commit->look_at) {
		link_finder_forget(commit->finder);
		commit->look_at = now + LOOK_LATER;
	}
	if (!link_finder_look(commit->finder, arena, &pods, NULL, &links, diags))
		pipeline_guard(pipeline, &links);
}

static void count_ended(void *context, const struct connection *connection)
{
	size_t *count = context;

	(void)connection;
	++*count;
}

/*
 * Notes that established connections may be denied now: those that the changes concern, or all if
 * @changes is NULL.
 */
static void touch_connections(struct commit *commit, const struct changes *changes, long long now)
{
	if (commit->options.no_revoke)
		return;
	if (changes)
		touched_add(&commit->touched, changes);
	else
		commit->touched.all = true;
	if (!touched_is_empty(&commit->touched) && commit->end_at == LLONG_MAX)
		commit->end_at = now > commit->rest_until ? now : commit->rest_until;
}

/*
 * Begins a walk over the connections of the addresses that were touched until now.  What is touched
 * from now on is left for the next walk.
 */
static int begin_walk(struct commit *commit, const struct pipeline *pipeline, struct diags *diags)
{
	commit->walk_arena = commit->touched_arena;
	commit->walked = commit->touched;
	commit->touched_arena = arena_new();
	touched_begin(&commit->touched, commit->touched_arena);
	commit->walk_seconds = commit->walk_work = 0;
	commit->walk = connections_begin(commit->walk_arena, pipeline_ruleset(pipeline),
					 &commit->walked, true, count_ended, &commit->ended, diags);
	return commit->walk ? 0 : -1;
}

/* The carrier works, too: within its send() the kernel begins a list. */
static double work_seconds(void)
{
	return clock_seconds(CLOCK_THREAD_CPUTIME_ID) + carrier_work_seconds();
}

static double rest_seconds(double work)
{
	const double most = REST_LEAST * work > REST_LONG ? REST_LEAST * work : REST_LONG;

	return REST * work < most ? REST * work : most;
}

/* Goes on with the walk for SLICE milliseconds. */
static int walk_on(struct commit *commit, struct diags *diags)
{
	const double begin = clock_seconds(CLOCK_MONOTONIC), work = work_seconds();
	const long long end = clock_milliseconds() + SLICE;
	int status;

	do
		status = connections_step(commit->walk, diags);
	while (status > 0 && clock_milliseconds() < end &&
	       connections_due(commit->walk) <= clock_milliseconds());
	commit->walk_seconds += clock_seconds(CLOCK_MONOTONIC) - begin;
	commit->walk_work += work_seconds() - work;
	return status;
}

int commit_end_connections(struct commit *commit, const struct pipeline *pipeline, long long now,
			   size_t *ended, double *seconds, struct diags *diags)
{
	int status = commit->walk ? 0 : begin_walk(commit, pipeline, diags);

	if (!status) {
		connections_judge_by(commit->walk, pipeline_ruleset(pipeline));
		status = walk_on(commit, diags);
	}
	if (status > 0) {
		commit->end_at = connections_due(commit->walk);
		return 1;
	}
	*ended = commit->ended;
	commit->ended = 0;
	stop_walk(commit);
	*seconds = commit->walk_seconds;
	commit->rest_until =
		now + (long long)(1000 * (commit->walk_seconds + rest_seconds(commit->walk_work)));
	/* If the walk failed, it is not known which connections it has looked at. */
	commit->touched.all |= status < 0;
	commit->end_at = touched_is_empty(&commit->touched) ? LLONG_MAX : commit->rest_until;
	if (status < 0 && commit->end_at < now + END_AGAIN)
		commit->end_at = now + END_AGAIN;
	return status;
}

static int bring(struct commit *commit, struct arena *arena, const struct ruleset *ruleset,
		 const struct changes *changes, struct commit_result *result, struct diags *diags)
{
	const struct lock_wait wait = {.seconds = WAIT};
	const struct preflight_options checked = {.forced = commit->options.force, .only_own = true};

	if (!commit->is_checked && preflight(arena, ruleset, checked, diags))
		return -1;
	commit->is_checked = true;
	return apply_ruleset(commit->session, ruleset, changes, &wait, &result->changes, diags);
}

/* What try_again() needs to bring a ruleset into force in which some policies are closed. */
struct attempt {
	struct commit *commit;
	struct arena *arena;
	struct commit_result *result;
	struct diags diags;
};

static const char *last_text(const struct diags *diags)
{
	return diags->count ? diags->items[diags->count - 1].text : "";
}

static int try_again(struct refusals *refusals)
{
	struct attempt *attempt = refusals->context;
	int status;

	pipeline_take(refusals->pipeline, attempt->arena);
	status = bring(attempt->commit, attempt->arena, pipeline_ruleset(refusals->pipeline), NULL,
		       attempt->result, &attempt->diags);
	refusals->text = last_text(&attempt->diags);
	return status;
}

/* Goes on without the policies because of which the kernel refused something. */
static int go_on_without(struct commit *commit, struct pipeline *pipeline, struct arena *arena,
			 struct commit_result *result, struct diags *diags)
{
	struct attempt attempt = {commit, arena, result, {.arena = diags->arena}};
	struct refusals refusals = {
		.pipeline = pipeline,
		.place = &commit->session->refused,
		.text = last_text(diags),
		.try = try_again,
		.context = &attempt,
	};
	const int status = refusals_close(diags->arena, &refusals);

	result->refused = refusals.closed;
	result->refused_count = refusals.closed_count;
	return status;
}

int commit_pipeline(struct commit *commit, struct pipeline *pipeline, long long now,
		    struct commit_result *result, struct diags *diags)
{
	struct arena *arena = arena_new();
	struct changes changes;
	bool was_known;
	int status;

	if (commit->finder && (pipeline_concerns_node(pipeline) || now >= commit->look_at))
		look_at_links(commit, pipeline, now, arena, diags);
	changes = pipeline_take(pipeline, arena);
	*result = (struct commit_result){.repaired = commit->is_known &&
						     commit_is_disturbed(commit, diags)};
	was_known = commit->is_known && !result->repaired;
	status = bring(commit, arena, pipeline_ruleset(pipeline),
		       commit->is_known ? &changes : NULL, result, diags);
	if (status && commit->session->refused.is_told)
		status = go_on_without(commit, pipeline, arena, result, diags);
	commit->is_known = !status;
	if (!status)
		touch_connections(commit, was_known && !result->refused_count ? &changes : NULL,
				  now);
	arena_free(arena);
	return status;
}

bool commit_finds_table(const struct commit *commit)
{
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	struct kernel_table found = {0};
	bool holds = false;

	if (!kernel_read(arena, commit->session->watch, &found, &diags) && found.exists)
		for (size_t i = 0; i < found.ruleset.set_count; i++)
			holds |= found.ruleset.sets[i].count > 0;
	arena_free(arena);
	return holds;
}

int commit_fd(const struct commit *commit)
{
	return session_fd(commit->session);
}

bool commit_is_disturbed(struct commit *commit, struct diags *diags)
{
	return session_is_disturbed(commit->session, diags) != 0;
}

void commit_doubt(struct commit *commit)
{
	struct arena *arena = arena_new();

	/* What is kept says that the table need not be read. */
	kept_remove(arena, commit->options.table);
	commit->is_known = false;
	arena_free(arena);
}

int commit_remove(struct commit *commit, struct diags *diags)
{
	return apply_delete(commit->session, NULL, NULL, diags);
}
