/*
 * What the agent answers over HTTP: /livez while its loop runs, /readyz once the first lists are in
 * force, and /metrics with what it counts and what the table denied.
 */
#include "agent/probes.h"

#include "agent/clock.h"
#include "agent/api_kinds.h"
#include "agent/running.h"
#include "agent/container_runtime.h"
#include "kernel/counters.h"
#include "lower/names.h"
#include "model/words.h"
#include "node/session.h"
#include "resolve/resolved.h"
#include "ruleset/chain_index.h"
#include "ruleset/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Denied packets are counted in at most so many series: those with the most packets are listed, and
 * the others are summed up in one.
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
	metrics_begin(metrics, silence, "gauge", "Time since anything arrived on the watch.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++) {
		const double seconds = watch_silence(&agent->followers[kind].watch, now);

		if (cluster_wants(&agent->cluster, kind) && seconds >= 0)
			metrics_put(metrics, silence, labels[kind], seconds);
	}
	metrics_begin(metrics, restarts, "counter", "Lists that had to be begun anew.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, restarts, labels[kind],
			    (double)agent->followers[kind].watch.restarts);
	metrics_begin(metrics, bytes, "counter", "Bytes that the API server sent.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, bytes, labels[kind],
			    (double)agent->followers[kind].watch.bytes);
	metrics_begin(metrics, held, "gauge",
		      "Objects that the agent keeps; of pods, only those that matter to policies.");
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		metrics_put(metrics, held, labels[kind],
			    (double)pipeline_count(agent->pipeline, kind));
}

static const char *const tier_names[TIERS] = {[TIER_ADMIN] = "Admin", [TIER_BASELINE] = "Baseline"};

/* Writes direction="…",namespace="",policies="…",tier="…" of a chain in which a tier denies. */
static const char *tier_labels(struct arena *arena, const struct resolved *resolved,
			       const struct group *group, enum tier tier)
{
	return arena_printf(arena, "direction=\"%s\",namespace=\"\",policies=%s,tier=\"%s\"",
			    direction_text(group->direction),
			    metrics_quoted(arena, name_tier_of(arena, resolved, group, tier)),
			    tier_names[tier]);
}

/* The namespace of a group's NetworkPolicies; "" if it has none. */
static const char *namespace_of(const struct resolved *resolved, const struct group *group)
{
	return group->policy_count ? resolved->objects->policies[group->policies[0]].namespace : "";
}

/* The policies of a group, followed by what else its chain is about. */
static const char *policies_of(struct arena *arena, const struct resolved *resolved,
			       const struct group *group, const char *what)
{
	const char *policies = group->policy_count ? name_policies_of(arena, resolved, group)
			       : group->tier_count[TIER_ADMIN]
				       ? name_tier_of(arena, resolved, group, TIER_ADMIN)
				       : name_tier_of(arena, resolved, group, TIER_BASELINE);

	return arena_join(arena, policies, what, NULL);
}

/* The labels of a chain of a group. */
static const char *denied_labels(struct arena *arena, const struct resolved *resolved,
				 const struct chain *chain)
{
	const struct group *group = chain->group;
	const enum decider decider = chain_decider(chain);

	if (decider == DECIDER_ADMIN || decider == DECIDER_BASELINE)
		return tier_labels(arena, resolved, group,
				   decider == DECIDER_ADMIN ? TIER_ADMIN : TIER_BASELINE);
	return arena_printf(
		arena, "direction=\"%s\",namespace=%s,policies=%s",
		direction_text(group->direction),
		metrics_quoted(arena, namespace_of(resolved, group)),
		metrics_quoted(arena, policies_of(arena, resolved, group,
						  decider == DECIDER_SHARING ? CHAIN_MIXED : "")));
}

/* The packets that chains with the same labels counted. */
struct denied {
	const char *labels;
	uint64_t packets;
};

/* The packets that the kernel's chains counted, summed up by the labels of the ruleset's chains. */
struct denied_list {
	struct arena *arena;
	const struct ruleset *ruleset;
	struct chain_index chains;
	enum chain_tally tally; /* the tally that a chain must have to be listed */
	struct table numbers;   /* keys: labels; the numbers are indices to: */
	struct denied *items;
	size_t count;
};

static void take_counter(void *context, const char *name, uint64_t packets, uint64_t bytes)
{
	struct denied_list *list = context;
	const uint32_t at = chain_index_find(&list->chains, name);
	const struct chain *chain = at == CHAIN_NONE ? NULL : &list->ruleset->chains[at];
	struct denied denied = {0};
	uint32_t number;
	bool added;

	(void)bytes;
	/* A chain without a group belongs to no policy. */
	if (!chain || chain->tally != list->tally || !chain->group)
		return;
	denied.labels = denied_labels(list->arena, list->ruleset->resolved, chain);
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
 * Adds a metric for the packets that chains of this tally counted.  If @only_some, it is left out
 * if there is no such chain.
 */
static void put_counted(struct metrics *metrics, const struct agent *agent, enum chain_tally tally,
			const char *name, const char *help, bool only_some)
{
	const struct ruleset *ruleset = pipeline_ruleset(agent->pipeline);
	struct denied_list list = {.arena = metrics->arena,
				   .ruleset = ruleset,
				   .tally = tally,
				   .numbers.arena = metrics->arena};
	double rest = 0;

	if (ruleset)
		list.chains = chain_index_of(metrics->arena, ruleset);
	if (!ruleset ||
	    kernel_counters(kernel_watch_socket(agent->commit.session->watch),
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
	put_counted(metrics, agent, TALLY_DENIED, "np2nft_denied_packets_total",
		    "Denied packets, by the policies that isolate the pod.", false);
	put_counted(metrics, agent, TALLY_AUDITED, "np2nft_audited_packets_total",
		    "Packets that passed and that audited policies would deny.", true);
}

static void put_faults(struct metrics *metrics, const struct agent *agent)
{
	static const char name[] = "np2nft_faulty_objects";

	metrics_begin(
		metrics, name, "gauge",
		"Objects that cannot be enforced as they are, and addresses that pods share, by "
		"cause.");
	for (enum fault_cause cause = FAULT_UNREADABLE; cause < FAULT_CAUSES; cause++)
		metrics_put(metrics, name,
			    arena_printf(metrics->arena, "cause=\"%s\"", fault_cause_names[cause]),
			    (double)agent->counts.faults[cause]);
}

static void put_self_checks(struct metrics *metrics, const struct self_check *check)
{
	metrics_one(metrics, "np2nft_verifications_total", "counter",
		    "How often the table was compared with the policies' words as a whole.",
		    (double)check->ended);
	metrics_one(metrics, "np2nft_verification_failures_total", "counter",
		    "How often that could not be done.", (double)check->failed);
	metrics_one(metrics, "np2nft_verified_packets_total", "counter",
		    "Packets for which both were asked; those of one time stand for all packets.",
		    (double)check->packets);
	metrics_one(metrics, "np2nft_verified_differences_total", "counter",
		    "Packets among them that the table judges in another way.",
		    (double)check->differences);
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
	metrics_one(
		&metrics, "np2nft_last_sync_timestamp_seconds", "gauge",
		"When the table was last made, or found to be, what the API server's objects say.",
		(double)counts->synced);
	put_events(&metrics, agent);
	put_watches(&metrics, agent);
	metrics_histogram(
		&metrics, "np2nft_event_to_commit_seconds",
		"Time from the first event of a change, as it is read, to the kernel's commit of "
		"the change, with the waiting for changes before it.",
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
	put_self_checks(&metrics, &agent->self_check);
	put_faults(&metrics, agent);
	put_denied(&metrics, agent);
	metrics_one(&metrics, "process_resident_memory_bytes", "gauge", "Resident memory.",
		    (double)metrics_resident());
	return metrics.text.text;
}

/* Returns the reason why the agent is not ready, or NULL. */
static const char *reason_of(const struct agent *agent)
{
	if (!agent->cluster.is_whole)
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
