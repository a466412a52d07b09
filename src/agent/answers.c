/*
 * What the agent answers over HTTP: /livez while its loop runs, /readyz once the first lists are in force,
 * and /metrics with what it counts and what the table denied.
 */
#include "agent/answers.h"

#include "agent/clock.h"
#include "agent/kinds.h"
#include "agent/running.h"
#include "agent/runtime.h"
#include "kernel/counters.h"
#include "lower/names.h"
#include "model/words.h"
#include "node/session.h"
#include "ruleset/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * At most so many series of denied packets: those with the most packets are listed, the others
 * summed up in one.
 */
#define DENIED_MAX 200

static void put_events(struct metrics *metrics, const struct agent *agent)
{
	static const char name[] = "np2nft_events_total";

	metrics_begin(metrics, name, "counter", "Objects that came, changed or went, by kind.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, name,
			    arena_printf(metrics->arena, "kind=\"%s\"", agent_kinds[kind].name),
			    (double)agent->counts.events[kind]);
}

static void put_watches(struct metrics *metrics, const struct agent *agent)
{
	static const char silence[] = "np2nft_watch_silence_seconds";
	static const char restarts[] = "np2nft_watch_restarts_total";
	static const char bytes[] = "np2nft_watch_received_bytes_total";
	static const char held[] = "np2nft_objects";
	const char *labels[AGENT_KINDS];
	const long long now = clock_milliseconds();

	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		labels[kind] = arena_printf(metrics->arena, "kind=\"%s\"", agent_kinds[kind].name);
	metrics_begin(metrics, silence, "gauge", "Time since the watch said something.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, silence, labels[kind],
			    (double)(now - agent->followers[kind].watch.heard) / 1000);
	metrics_begin(metrics, restarts, "counter", "Lists that had to be begun anew.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, restarts, labels[kind],
			    (double)agent->followers[kind].watch.restarts);
	metrics_begin(metrics, bytes, "counter", "Bytes that the API server sent.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, bytes, labels[kind],
			    (double)agent->followers[kind].watch.bytes);
	metrics_begin(metrics, held, "gauge", "Objects that are held, of pods those that count.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, held, labels[kind],
			    (double)pipeline_count(agent->pipeline, kind));
}

/* Writes direction="…",namespace="…",policies="…", and of a tier tier="…". */
static const char *denied_labels(struct arena *arena, const char *chain)
{
	struct group_name said;

	if (!name_read_group(arena, chain, &said) || !said.policies)
		return arena_printf(arena, "direction=\"\",namespace=\"\",policies=%s",
				    metrics_quoted(arena, chain));
	if (said.tier != TIERS)
		return arena_printf(
			arena, "direction=\"%s\",namespace=\"\",policies=%s,tier=\"%s\"",
			direction_text(said.direction), metrics_quoted(arena, said.policies),
			said.tier == TIER_ADMIN ? "Admin" : "Baseline");
	return arena_printf(arena, "direction=\"%s\",namespace=%s,policies=%s",
			    direction_text(said.direction), metrics_quoted(arena, said.namespace),
			    metrics_quoted(arena, said.policies));
}

/*
 * What the names of chains of denied packets say: DIRECTION/NAMESPACE/POLICIES/deny, or …/audit for
 * an audited group.  Several chains may say the same.
 */
struct denied {
	const char *labels;
	uint64_t packets;
};

struct denied_list {
	struct arena *arena;
	const char *tail;     /* the end of the names of the chains that are listed */
	struct table numbers; /* keys: labels; the numbers are indices to: */
	struct denied *items;
	size_t count;
};

static void take_counter(void *context, const char *chain, uint64_t packets, uint64_t bytes)
{
	struct denied_list *list = context;
	const size_t len = strlen(chain), tail = strlen(list->tail);
	struct denied denied = {0};
	struct group_name said;
	uint32_t number;
	bool added;

	(void)bytes;
	/* The other chains belong to no policies. */
	if (!layout_ends_in(chain, list->tail) || !name_read_group(list->arena, chain, &said))
		return;
	denied.labels = denied_labels(list->arena, arena_strndup(list->arena, chain, len - tail));
	number = table_add(&list->numbers, denied.labels, strlen(denied.labels), &added);
	if (added)
		arena_push(list->arena, list->items, list->count, denied);
	list->items[number].packets += packets;
}

static int compare_denied(const void *a, const void *b)
{
	const struct denied *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	return strcmp(x->labels, y->labels);
}

/*
 * Adds the packets of all chains that end in @tail; nothing, if @only_some and there is no such
 * chain.
 */
static void put_counted(struct metrics *metrics, const struct agent *agent, const char *tail,
			const char *name, const char *help, bool only_some)
{
	struct denied_list list = {
		.arena = metrics->arena, .tail = tail, .numbers.arena = metrics->arena};
	double rest = 0;

	if (kernel_counters(kernel_watch_socket(agent->commit.session->watch),
			    agent->commit.options.table, take_counter, &list) ||
	    (only_some && !list.count))
		return;
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare_denied);
	metrics_begin(metrics, name, "counter", help);
	for (size_t i = 0; i < list.count; i++)
		if (i < DENIED_MAX)
			metrics_put(metrics, name, list.items[i].labels,
				    (double)list.items[i].packets);
		else
			rest += (double)list.items[i].packets;
	if (list.count > DENIED_MAX)
		metrics_put(metrics, name, "direction=\"\",namespace=\"\",policies=\"all others\"",
			    rest);
}

static void put_denied(struct metrics *metrics, const struct agent *agent)
{
	put_counted(metrics, agent, CHAIN_DENY, "np2nft_denied_packets_total",
		    "Packets denied, by the policies that isolate.", false);
	put_counted(metrics, agent, CHAIN_AUDIT, "np2nft_audited_packets_total",
		    "Packets that passed and that audited policies would deny.", true);
}

static void put_faults(struct metrics *metrics, const struct agent *agent)
{
	static const char name[] = "np2nft_faulty_objects";

	metrics_begin(metrics, name, "gauge",
		      "Objects that cannot be enforced as they are, by cause; of shared addresses, "
		      "those.");
	for (enum fault_cause cause = FAULT_UNREADABLE; cause < FAULT_CAUSES; cause++)
		metrics_put(metrics, name,
			    arena_printf(metrics->arena, "cause=\"%s\"", fault_cause_names[cause]),
			    (double)agent->counts.faults[cause]);
}

static const char *metrics_text(const struct agent *agent, struct arena *arena)
{
	const struct counts *counts = &agent->counts;
	struct metrics metrics = {.arena = arena};

	metrics_begin(&metrics, "np2nft_build_info", "gauge", "Which np2nft this is.");
	metrics_put(&metrics, "np2nft_build_info", "version=\"" NP2NFT_VERSION "\"", 1);
	metrics_one(&metrics, "np2nft_synced", "gauge",
		    "Is the table what the API server's objects say, as far as they are known?",
		    agent->is_synced && !agent->wants_commit);
	metrics_one(&metrics, "np2nft_last_sync_timestamp_seconds", "gauge",
		    "When the table was last made true, or found to be.", (double)counts->synced);
	put_events(&metrics, agent);
	put_watches(&metrics, agent);
	metrics_histogram(&metrics, "np2nft_event_to_commit_seconds",
			  "From the first event that was read to the kernel's commit of it.",
			  &counts->event_to_commit);
	metrics_histogram(
		&metrics, "np2nft_pod_start_to_commit_seconds",
		"From a new pod's startTime, or from when the container runtime told of it, "
		"to the kernel's commit.",
		&agent->starts.histogram);
	runtime_metrics(&metrics, agent);
	metrics_one(&metrics, "np2nft_commits_total", "counter", "Changes of the table.",
		    (double)counts->commits);
	metrics_one(&metrics, "np2nft_commit_failures_total", "counter",
		    "Changes that the kernel refused, or that could not be sent.",
		    (double)counts->failures);
	metrics_one(&metrics, "np2nft_changes_total", "counter",
		    "Chains, sets, rules and runs of elements that were sent.",
		    (double)counts->changes);
	metrics_one(&metrics, "np2nft_repairs_total", "counter",
		    "How often somebody else had changed the table.", (double)counts->repairs);
	metrics_histogram(&metrics, "np2nft_connections_check_seconds",
			  "Time taken to look for tracked connections that are denied now.",
			  &counts->connections);
	metrics_one(&metrics, "np2nft_ended_connections_total", "counter",
		    "Connections that were ended because a change denies them.",
		    (double)counts->ended);
	put_faults(&metrics, agent);
	put_denied(&metrics, agent);
	metrics_one(&metrics, "process_resident_memory_bytes", "gauge", "Resident memory.",
		    (double)metrics_resident());
	return metrics.text.text;
}

/* Returns the reason why the agent is not ready, or NULL. */
static const char *reason_of(const struct agent *agent)
{
	if (!cluster_is_whole(&agent->cluster))
		return "the first lists are not whole yet\n";
	if (!agent->is_synced)
		return "the kernel does not have the table yet\n";
	return agent->failures ? "the last change could not be committed\n" : NULL;
}

struct serve_answer agent_answer(void *context, const char *path)
{
	struct agent *agent = context;
	const char *reason = reason_of(agent);

	arena_reset(agent->answers);
	if (!strcmp(path, "/metrics"))
		return (struct serve_answer){200, "text/plain; version=0.0.4; charset=utf-8",
					     metrics_text(agent, agent->answers)};
	if (!strcmp(path, "/livez"))
		return (struct serve_answer){200, "text/plain", "ok\n"};
	if (!strcmp(path, "/readyz"))
		return (struct serve_answer){reason ? 503 : 200, "text/plain",
					     reason ? reason : "ok\n"};
	return (struct serve_answer){404, "text/plain", "/metrics, /livez and /readyz are here\n"};
}
