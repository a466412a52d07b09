/*
 * Turns the agent's state into log lines, counters and the record beside the table.  The record is
 * written some time after an event, so that many events cause one writing.
 */
#include "agent/report.h"

#include "agent/api_kinds.h"
#include "agent/clock.h"
#include "agent/running.h"
#include "base/arena.h"
#include "base/text.h"
#include "node/apply_record.h"
#include "node/session.h"

#include <limits.h>
#include <string.h>

/* The record beside the table is written at most once in so many milliseconds. */
#define RECORD_PAUSE 1000

void report_diags(struct agent *agent, const struct diags *diags)
{
	static const enum log_level levels[] = {
		[DIAG_ERROR] = LOG_ERROR, [DIAG_WARNING] = LOG_WARNING, [DIAG_NOTE] = LOG_INFO};

	for (size_t i = 0; i < diags->count; i++)
		log_tell(&agent->log, levels[diags->items[i].severity], diags->items[i].text, NULL);
}

static void log_commit(struct agent *agent, const struct commit_result *result)
{
	const struct counts *counts = &agent->counts;
	struct log *log = &agent->log;

	if (!agent->is_synced)
		log_tell(log, LOG_INFO, "synced: the table is what the API server's objects say",
			 "pods", log_number(log, pipeline_count(agent->pipeline, PIPELINE_PODS)),
			 "policies",
			 log_number(log, pipeline_count(agent->pipeline, PIPELINE_POLICIES)),
			 "changes", log_number(log, result->changes), NULL);
	else if (result->changes)
		log_tell(log, LOG_DEBUG, "committed", "changes", log_number(log, result->changes),
			 counts->waits ? "microseconds" : NULL,
			 log_number(log, (size_t)(1e6 * seconds_since(&counts->first_event))),
			 NULL);
	if (result->repaired)
		log_tell(log, LOG_WARNING, "somebody else had changed the table: it is put right",
			 NULL);
}

static void count_commit(struct agent *agent, const struct commit_result *result)
{
	struct counts *counts = &agent->counts;

	counts->commits += result->changes > 0;
	counts->changes += result->changes;
	counts->repairs += result->repaired;
	counts->synced = time(NULL);
	if (result->changes && agent->is_synced && counts->waits)
		histogram_add(&counts->event_to_commit, seconds_since(&counts->first_event));
	counts->waits = false;
	starts_end(&agent->starts);
}

void report_commit(struct agent *agent, const struct commit_result *result)
{
	log_commit(agent, result);
	count_commit(agent, result);
}

/* Writes what `np2nft status` says about the agent. */
static void say_how(struct agent *agent, struct arena *arena)
{
	size_t silent = 0;
	struct string line = {0};

	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		silent += agent->followers[kind].watch.failures > 0;
	arena_append(arena, &line, "keeps the table true to %s", agent->credentials.server.url);
	if (silent)
		arena_append(arena, &line, ", which does not answer as it should");
	if (agent->failures)
		arena_append(arena, &line, "; the last change could not be committed");
	if (agent->self_check.time)
		arena_append(
			arena, &line, "; %llu packets were compared with the policies last: %s",
			(unsigned long long)agent->self_check.last_packets,
			agent->self_check.last_differences ? "the table judges some in another way"
							   : "the table judges all as they do");
	arena_add(arena, &line, "\n");
	for (size_t i = 0; i < agent->told.count; i++)
		arena_append(arena, &line, "%s\n",
			     text_plain(arena, fault_sentence(arena, &agent->told.items[i])));
	if (agent->keeper >= 0)
		state_say(agent->keeper, line.text);
}

void report_record(struct agent *agent, long long now)
{
	struct diags diags = {.arena = arena_new()};
	const char *const paths[] = {agent->credentials.server.url};

	if (agent->is_synced && now >= agent->record_due) {
		state_write(diags.arena, agent->options->commit.table,
			    &(struct state){
				    .time = agent->counts.synced,
				    .version = NP2NFT_VERSION,
				    .handle = session_table_handle(agent->commit.session),
				    .paths = paths,
				    .path_count = 1,
				    .policies = pipeline_count(agent->pipeline, PIPELINE_POLICIES),
				    .pods = pipeline_count(agent->pipeline, PIPELINE_PODS),
			    },
			    &diags);
		say_how(agent, diags.arena);
		agent->record_due = LLONG_MAX;
	}
	arena_free(diags.arena);
}

/* Lists all faults of objects, in @arena. */
static struct fault *all_faults(const struct agent *agent, struct arena *arena, size_t *count)
{
	const struct cluster *cluster = &agent->cluster;
	struct fault *faults = faults_of_shared(arena, agent->pipeline, count);

	for (size_t i = 0; i < cluster->fault_count; i++)
		arena_push(arena, faults, *count, cluster->faults[i]);
	return faults;
}

void report_faults(struct agent *agent)
{
	struct arena *arena = arena_new();
	size_t count;
	const struct fault *faults = all_faults(agent, arena, &count);

	if (count || agent->told.count)
		faults_tell(&agent->told, &agent->log, faults, count);
	memset(agent->counts.faults, 0, sizeof(agent->counts.faults));
	for (size_t i = 0; i < count; i++)
		agent->counts.faults[faults[i].cause]++;
	agent->told_changes = agent->cluster.fault_changes;
	arena_free(arena);
}

void report_record_soon(struct agent *agent, long long now)
{
	if (agent->record_due == LLONG_MAX)
		agent->record_due = now + RECORD_PAUSE;
}
