/*
 * The loop waits for whatever comes first (bytes of the API server, a commit by somebody else, a
 * change of links, a timer, a signal), hands it to those concerned, and then commits what has
 * changed.
 */
#include "agent/agent.h"

#include "agent/answers.h"
#include "agent/clock.h"
#include "agent/denied.h"
#include "agent/kinds.h"
#include "agent/notify.h"
#include "agent/running.h"
#include "agent/runtime.h"
#include "base/arena.h"
#include "base/text.h"
#include "kernel/nflog.h"
#include "kernel/socket.h"
#include "node/state.h"
#include "read/node.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SILENCE 90 /* in seconds; bookmarks come about once a minute */

/* After so many milliseconds a failed commit is tried again; the time doubles six times at most. */
#define RETRY_FIRST 500

/* Policies that the kernel refuses are tried again after so many milliseconds at most. */
#define REFUSED_MOST 3600000

/* The record beside the table is written at most once in so many milliseconds. */
#define RECORD_PAUSE 1000

static const struct mark nowhere;

static void take_begin(void *context)
{
	struct follower *follower = context;

	cluster_list_begins(&follower->agent->cluster, follower->kind);
	if (follower->kind == PIPELINE_PODS)
		runtime_list(follower->agent, false);
}

/* A pod of this node that comes while the agent runs; those of the first list may have run for long. */
static void note_start(struct agent *agent, const struct node *pod)
{
	const struct node *metadata = node_get(pod, "metadata"), *spec = node_get(pod, "spec");

	if (agent->is_synced &&
	    !strcmp(node_text_in(spec, "nodeName"), agent->options->pipeline.node) &&
	    !pipeline_has_pod(agent->pipeline, node_text_in(metadata, "namespace"),
			      node_text_in(metadata, "name")))
		starts_note_pod(&agent->starts, pod);
}

static void take_object(void *context, const struct node *object, bool gone)
{
	struct follower *follower = context;
	struct counts *counts = &follower->agent->counts;

	counts->events[follower->kind]++;
	if (!counts->waits)
		clock_gettime(CLOCK_MONOTONIC, &counts->first_event);
	counts->waits = true;
	if (follower->kind == PIPELINE_PODS)
		object = runtime_pod(follower->agent, object, gone);
	if (follower->kind == PIPELINE_PODS && !gone)
		note_start(follower->agent, object);
	cluster_put(&follower->agent->cluster, follower->kind, object, gone);
}

static int take_whole(void *context)
{
	struct follower *follower = context;
	struct agent *agent = follower->agent;
	const char *kind = agent_kinds[follower->kind].name;

	if (cluster_list_ends(&agent->cluster, follower->kind, clock_milliseconds())) {
		log_tell(&agent->log, LOG_WARNING,
			 "the list is empty, where there was something: it is asked for again",
			 "kind", kind, NULL);
		return -1;
	}
	if (follower->kind == PIPELINE_PODS)
		runtime_list(agent, true);
	log_tell(&agent->log, LOG_INFO, "the list is whole", "kind", kind, "count",
		 log_number(&agent->log, pipeline_count(agent->pipeline, follower->kind)), NULL);
	return 0;
}

/* Asks for the record to be written soon, but not after each event. */
static void want_record(struct agent *agent, long long now)
{
	if (agent->record_due == LLONG_MAX)
		agent->record_due = now + RECORD_PAUSE;
}

static void take_trouble(void *context, const char *text)
{
	struct follower *follower = context;

	log_tell(&follower->agent->log, LOG_WARNING, text, "kind", agent_kinds[follower->kind].name,
		 NULL);
	want_record(follower->agent, clock_milliseconds());
}

static void log_diags(struct agent *agent, const struct diags *diags)
{
	static const enum log_level levels[] = {
		[DIAG_ERROR] = LOG_ERROR, [DIAG_WARNING] = LOG_WARNING, [DIAG_NOTE] = LOG_INFO};

	for (size_t i = 0; i < diags->count; i++)
		log_tell(&agent->log, levels[diags->items[i].severity], diags->items[i].text, NULL);
}

static void log_commit(struct agent *agent, const struct commit_result *result)
{
	struct log *log = &agent->log;

	if (!agent->is_synced)
		log_tell(log, LOG_INFO, "synced: the table is what the API server's objects say",
			 "pods", log_number(log, pipeline_count(agent->pipeline, PIPELINE_PODS)),
			 "policies",
			 log_number(log, pipeline_count(agent->pipeline, PIPELINE_POLICIES)),
			 "changes", log_number(log, result->changes), NULL);
	else if (result->changes)
		log_tell(log, LOG_DEBUG, "committed", "changes", log_number(log, result->changes),
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
	arena_add(arena, &line, "\n");
	for (size_t i = 0; i < agent->told.count; i++)
		arena_append(arena, &line, "%s\n",
			     text_plain(arena, fault_sentence(arena, &agent->told.items[i])));
	if (agent->keeper >= 0)
		state_say(agent->keeper, line.text);
}

static void keep_record(struct agent *agent, long long now)
{
	struct diags diags = {.arena = arena_new()};
	const char *const paths[] = {agent->credentials.server.url};

	if (agent->is_synced && now >= agent->record_due) {
		state_write(diags.arena, agent->options->commit.table,
			    &(struct state){
				    .time = agent->counts.synced,
				    .version = NP2NFT_VERSION,
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

/* All faults of objects, in @arena. */
static struct fault *all_faults(const struct agent *agent, struct arena *arena, size_t *count)
{
	const struct cluster *cluster = &agent->cluster;
	struct fault *faults = faults_of_shared(arena, agent->pipeline, count);

	for (size_t i = 0; i < cluster->fault_count; i++)
		arena_push(arena, faults, *count, cluster->faults[i]);
	return faults;
}

/* Reports each fault of an object when it comes and when it is gone. */
static void tell_faults(struct agent *agent)
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

/*
 * A policy that the kernel refuses may be taken later: the kernel was out of memory, or knows more after a module was
 * loaded.  It is tried again after a time that doubles, up to an hour.
 */
static void plan_another_try(struct agent *agent, long long now)
{
	const unsigned doublings = agent->refused_tries < 8 ? agent->refused_tries : 8;
	const long long pause = (long long)(agent->api.silence / 3) << doublings;

	if (!cluster_is_refused(&agent->cluster)) {
		agent->refused_due = LLONG_MAX;
		agent->refused_tries = 0;
	} else if (agent->refused_due == LLONG_MAX) {
		agent->refused_due = now + (pause < REFUSED_MOST ? pause : REFUSED_MOST);
		agent->refused_tries++;
	}
}

static void try_refused_again(struct agent *agent, long long now)
{
	if (now < agent->refused_due)
		return;
	agent->refused_due = LLONG_MAX;
	cluster_try_again(&agent->cluster);
}

static void commit_now(struct agent *agent, long long now)
{
	const unsigned doublings = agent->failures < 6 ? agent->failures : 6;
	struct diags diags = {.arena = arena_new()};
	struct commit_result result;

	agent->cluster.changed = false;
	if (commit_pipeline(&agent->commit, agent->pipeline, now, &result, &diags)) {
		agent->counts.failures++;
		agent->failures++;
		agent->retry_at = now + (RETRY_FIRST << doublings);
	} else {
		log_commit(agent, &result);
		count_commit(agent, &result);
		if (!agent->is_synced && agent->cluster.own_node &&
		    !pipeline_is_closed(agent->pipeline))
			log_tell(&agent->log, LOG_WARNING,
				 "nothing is closed yet: the node's object is not there, or has no "
				 "podCIDRs",
				 "node", agent->cluster.own_node, NULL);
		if (!agent->is_synced)
			notify_tell(
				"READY=1\nSTATUS=The table is what the API server's objects say.");
		agent->is_synced = true;
		agent->wants_commit = false;
		agent->failures = 0;
	}
	for (size_t i = 0; i < result.refused_count; i++)
		cluster_refuse(&agent->cluster, result.refused[i].namespace, result.refused[i].name,
			       result.refused[i].text);
	plan_another_try(agent, now);
	tell_faults(agent);
	want_record(agent, now);
	log_diags(agent, &diags);
	arena_free(diags.arena);
}

static void end_connections(struct agent *agent, long long now)
{
	struct diags diags = {.arena = arena_new()};
	size_t ended = 0;
	double seconds;
	const int status = commit_end_connections(&agent->commit, agent->pipeline, now, &ended,
						  &seconds, &diags);

	agent->counts.failures += status < 0;
	if (status <= 0)
		histogram_add(&agent->counts.connections, seconds);
	agent->counts.ended += ended;
	if (ended)
		log_tell(&agent->log, LOG_INFO, "connections that are denied now were ended",
			 "count", log_number(&agent->log, ended), NULL);
	log_diags(agent, &diags);
	arena_free(diags.arena);
}

static void open_server(struct agent *agent)
{
	const char *error;

	agent->api.http = http_open(&agent->credentials.server, &error);
	if (!agent->api.http) {
		/* The socket was there when the agent began. */
		log_tell(&agent->log, LOG_ERROR, error, NULL);
		agent->is_over = true;
	}
}

/* The connection is dead: everything that uses it begins again. */
static void reconnect(struct agent *agent, long long now)
{
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		watch_reset(&agent->followers[kind].watch, now);
	http_close(agent->api.http);
	open_server(agent);
}

static void step_watches(struct agent *agent, long long now)
{
	bool is_alive = true;

	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		is_alive &= watch_step(&agent->followers[kind].watch, now);
	if (!is_alive)
		reconnect(agent, now);
}

static int timeout_of(const struct agent *agent, long long now)
{
	long least = agent->watchdog ? agent->watchdog / 2 : 60000;

	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++) {
		const long timeout = watch_timeout(&agent->followers[kind].watch, now);

		least = timeout < least ? timeout : least;
	}
	if (agent->is_synced && agent->record_due - now < least)
		least = agent->record_due > now ? (long)(agent->record_due - now) : 0;
	if (cluster_is_whole(&agent->cluster) && agent->commit.look_at - now < least)
		least = agent->commit.look_at > now ? (long)(agent->commit.look_at - now) : 0;
	if (agent->commit.end_at - now < least)
		least = agent->commit.end_at > now ? (long)(agent->commit.end_at - now) : 0;
	if (agent->refused_due - now < least)
		least = agent->refused_due > now ? (long)(agent->refused_due - now) : 0;
	if (nri_timeout(&agent->nri, now) < least)
		least = nri_timeout(&agent->nri, now);
	if (agent->wants_commit && cluster_is_whole(&agent->cluster)) {
		const long timeout = agent->retry_at > now ? (long)(agent->retry_at - now) : 0;

		least = timeout < least ? timeout : least;
	}
	return (int)least;
}

static void take_signal(struct agent *agent)
{
	struct signalfd_siginfo info;

	if (read(agent->signals, &info, sizeof(info)) != sizeof(info))
		return;
	agent->is_over = true;
	notify_tell("STOPPING=1");
	log_tell(&agent->log, LOG_INFO, "ends", "signal", strsignal((int)info.ssi_signo), "table",
		 agent->options->cleanup ? "removed" : "stays", NULL);
}

enum { WAITS_FOR_SIGNAL, WAITS_FOR_KERNEL, WAITS_FOR_LINKS, WAITS_FOR_DENIED, WAITS };

/* Finds out whether a commit of somebody else was about our table. */
static void look_at_kernel(struct agent *agent)
{
	struct diags diags = {.arena = arena_new()};

	if (commit_is_disturbed(&agent->commit, &diags))
		agent->wants_commit = true;
	log_diags(agent, &diags);
	arena_free(diags.arena);
}

/* Tells systemd that the loop runs, after half of the time within which systemd expects that. */
static void keep_promise(struct agent *agent, long long now)
{
	if (!agent->watchdog || now < agent->promise_due)
		return;
	notify_tell("WATCHDOG=1");
	agent->promise_due = now + agent->watchdog / 2;
}

static void take_denied(void *context, const struct packet *packet, const char *prefix)
{
	struct agent *agent = context;

	/* Denials of an older table are of no interest; this one must be in force first. */
	if (agent->is_synced)
		denied_tell(&agent->log, agent->pipeline, packet,
			    !strcmp(prefix, LAYOUT_LOG_AUDIT));
}

static void tell_denied(struct agent *agent)
{
	if (!nflog_read(agent->denied, take_denied, agent))
		return;
	log_tell(&agent->log, LOG_ERROR, "denied packets cannot be read any more", "error",
		 strerror(errno), NULL);
	kernel_close(agent->denied);
	agent->denied = NULL;
}

static void wait_for_anything(struct agent *agent, long long now)
{
	struct pollfd files[WAITS + SERVE_FILES + NRI_FILES] = {
		[WAITS_FOR_SIGNAL] = {.fd = agent->signals, .events = POLLIN},
		[WAITS_FOR_KERNEL] = {.fd = commit_fd(&agent->commit), .events = POLLIN},
		[WAITS_FOR_LINKS] = {.fd = commit_links_fd(&agent->commit), .events = POLLIN},
		[WAITS_FOR_DENIED] = {.fd = agent->denied ? kernel_fd(agent->denied) : -1,
				      .events = POLLIN},
	};
	size_t count = WAITS + serve_files(&agent->serve, files + WAITS);

	count += nri_files(&agent->nri, files + count);
	if (http_wait(agent->api.http, files, count, timeout_of(agent, now)) && errno != EINTR) {
		log_tell(&agent->log, LOG_ERROR, "waiting for the API server failed", "error",
			 strerror(errno), NULL);
		reconnect(agent, now);
	}
	if (files[WAITS_FOR_SIGNAL].revents)
		take_signal(agent);
	if (files[WAITS_FOR_KERNEL].revents)
		look_at_kernel(agent);
	if (files[WAITS_FOR_LINKS].revents)
		commit_hears_links(&agent->commit, now);
	if (files[WAITS_FOR_DENIED].revents)
		tell_denied(agent);
}

static void run_once(struct agent *agent)
{
	long long now = clock_milliseconds();

	keep_promise(agent, now);
	step_watches(agent, now);
	if (agent->is_over)
		return;
	wait_for_anything(agent, now);
	now = clock_milliseconds();
	serve_step(&agent->serve, now);
	nri_step(&agent->nri, now);
	if (!cluster_is_whole(&agent->cluster))
		return;
	keep_record(agent, now);
	if (agent->told_changes != agent->cluster.fault_changes)
		tell_faults(agent);
	try_refused_again(agent, now);
	agent->wants_commit |= agent->cluster.changed || now >= agent->commit.look_at;
	if (agent->wants_commit && now >= agent->retry_at)
		commit_now(agent, now);
	if (agent->is_synced && !agent->wants_commit)
		runtime_release(agent);
	if (now >= agent->commit.end_at)
		end_connections(agent, now);
}

static int open_signals(struct agent *agent, sigset_t *before, struct diags *diags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, before);
	agent->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (agent->signals >= 0)
		return 0;
	diag_error(diags, nowhere, "signals cannot be read: %s", strerror(errno));
	return -1;
}

static void begin_watches(struct agent *agent)
{
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++) {
		struct follower *follower = &agent->followers[kind];
		const struct watch_receiver receiver = {
			.context = follower,
			.begin = take_begin,
			.object = take_object,
			.whole = take_whole,
			.trouble = take_trouble,
		};

		follower->agent = agent;
		follower->kind = kind;
		watch_begin(&follower->watch, &agent->api, &agent_kinds[kind], &receiver);
	}
}

/* Begins to listen for denied packets.  If that fails, everything else goes on. */
static void open_denied(struct agent *agent, struct diags *diags)
{
	if (!agent->options->pipeline.log_denied)
		return;
	agent->denied = nflog_open(LAYOUT_LOG_GROUP);
	if (!agent->denied)
		diag_warning(diags, nowhere, "the kernel does not tell of denied packets: %s",
			     strerror(errno));
}

static int open_all(struct agent *agent, struct arena *arena, struct diags *diags)
{
	const struct agent_options *options = agent->options;
	const char *error;

	if (options->kubeconfig
		    ? credentials_of_file(arena, options->kubeconfig, &agent->credentials, diags)
		    : credentials_of_pod(arena, NULL, &agent->credentials, diags))
		return -1;
	agent->api.http = http_open(&agent->credentials.server, &error);
	if (!agent->api.http) {
		diag_error(diags, nowhere, "%s", error);
		return -1;
	}
	return commit_begin(&agent->commit, &options->commit, diags) ||
	       serve_begin(&agent->serve, options->listen, agent_answer, agent, diags);
}

static int run(struct agent *agent, struct diags *diags)
{
	struct arena *arena = arena_new();

	agent->keeper = state_keep(arena, agent->options->commit.table, diags);
	arena_free(arena);
	if (commit_finds_table(&agent->commit))
		cluster_expect(&agent->cluster);
	open_denied(agent, diags);
	begin_watches(agent);
	log_tell(&agent->log, LOG_INFO, "begins", "version", NP2NFT_VERSION, "server",
		 agent->credentials.server.url, "node", agent->options->pipeline.node, NULL);
	while (!agent->is_over)
		run_once(agent);
	keep_record(agent, clock_milliseconds());
	return agent->options->cleanup ? commit_remove(&agent->commit, diags) : 0;
}

static void close_all(struct agent *agent)
{
	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++)
		watch_end(&agent->followers[kind].watch);
	http_close(agent->api.http);
	commit_end(&agent->commit);
	cluster_end(&agent->cluster);
	pipeline_free(agent->pipeline);
	credentials_end(&agent->credentials);
	runtime_end(agent);
	serve_end(&agent->serve);
	if (agent->keeper >= 0)
		close(agent->keeper);
	if (agent->signals >= 0)
		close(agent->signals);
	kernel_close(agent->denied);
	faults_forget(&agent->told);
	arena_free(agent->answers);
	arena_free(agent->log.arena);
}

int agent_run(const struct agent_options *options, struct diags *diags)
{
	const long silence = (options->silence ? options->silence : SILENCE) * 1000;
	struct arena *arena = arena_new();
	struct agent agent = {
		.options = options,
		.log = {.arena = arena_new(),
			.write = options->log,
			.context = options->log_context,
			.debug = options->verbose},
		.signals = -1,
		.answers = arena_new(),
		.serve = {.fd = -1},
		.keeper = -1,
		.refused_due = LLONG_MAX,
		.watchdog = notify_watchdog(),
		.api = {.json = options->json, .silence = silence},
	};
	sigset_t before;
	int status;

	agent.api.credentials = &agent.credentials;
	agent.pipeline = pipeline_new(&options->pipeline);
	pipeline_close(agent.pipeline, &options->closed);
	cluster_begin(&agent.cluster, agent.pipeline, silence / 3);
	if (options->closed_by_node)
		agent.cluster.own_node = options->pipeline.node;
	runtime_begin(&agent);
	status = open_signals(&agent, &before, diags);
	if (!status)
		status = open_all(&agent, arena, diags);
	if (!status)
		status = run(&agent, diags);
	close_all(&agent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	arena_free(arena);
	return status;
}
