/* Compiling and sending.  See agent/commit.h. */
#include "agent/commit.h"

#include "base/arena.h"
#include "kernel/read.h"
#include "node/apply.h"
#include "node/connections.h"
#include "node/lock.h"
#include "node/preflight.h"
#include "node/session.h"

/* Seconds for which others may hold the lock; the watches are not read meanwhile. */
#define WAIT 10

int commit_begin(struct commit *commit, const struct commit_options *options, struct diags *diags)
{
	*commit = (struct commit){.options = *options};
	commit->session = session_open(options->table, diags);
	return commit->session ? 0 : -1;
}

void commit_end(struct commit *commit)
{
	if (commit->session)
		session_close(commit->session);
	commit->session = NULL;
}

static void count_ended(void *context, const struct connection *connection)
{
	struct commit_result *result = context;

	(void)connection;
	result->ended++;
}

static int bring(struct commit *commit, struct arena *arena, const struct ruleset *ruleset,
		 const struct changes *changes, struct commit_result *result, struct diags *diags)
{
	const struct lock_wait wait = {.seconds = WAIT};

	if (!commit->is_checked && preflight(arena, ruleset, commit->options.force, diags))
		return -1;
	commit->is_checked = true;
	if (apply_ruleset(commit->session, ruleset, changes, &wait, &result->changes, diags))
		return -1;
	/* What changed nothing denies nothing that was allowed. */
	if (commit->options.no_revoke || (changes && !result->changes))
		return 0;
	return connections_end(arena, ruleset, true, count_ended, result, diags);
}

int commit_pipeline(struct commit *commit, struct pipeline *pipeline, struct commit_result *result,
		    struct diags *diags)
{
	struct arena *arena = arena_new();
	const struct changes changes = pipeline_take(pipeline, arena);
	int status;

	*result = (struct commit_result){.repaired = commit->is_known &&
						     commit_is_disturbed(commit, diags)};
	status = bring(commit, arena, pipeline_ruleset(pipeline),
		       commit->is_known ? &changes : NULL, result, diags);
	commit->is_known = !status;
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

int commit_remove(struct commit *commit, struct diags *diags)
{
	return apply_delete(commit->session, NULL, diags);
}
