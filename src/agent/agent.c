/*
 * The loop waits for whatever comes first (bytes of the API server, a commit by somebody else, a
 * change of links, a timer, a signal), hands it to those concerned, and then commits what has
 * changed.
 */
#include "agent/agent.h"

#include "agent/api_kinds.h"
#include "agent/clock.h"
#include "agent/container_runtime.h"
#include "agent/denied_log.h"
#include "agent/keeper.h"
#include "agent/notify.h"
#include "agent/probes.h"
#include "agent/report.h"
#include "agent/running.h"
#include "base/arena.h"
#include "kernel/carrier.h"
#include "kernel/nflog.h"
#include "kernel/socket.h"
#include "node/apply_record.h"
#include "read/tree_node.h"
#include "ruleset/layout.h"

#include <errno.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define SILENCE 90 /* in seconds; bookmarks come about once a minute */

/*
 * A failed commit is tried again after so many milliseconds.  The time doubles with each failure,
 * but six times at most.
 */
#define RETRY_FIRST 500

/* Policies that the kernel refuses are tried again at the latest after so many milliseconds. */
#define REFUSED_MOST 3600000

/* The table is verified so many seconds after the last time. */
#define VERIFY_EVERY 600

static const struct mark nowhere;

static void take_begin(void *context)
{
	struct follower *follower = context;

	cluster_list_begins(&follower->agent->cluster, follower->kind);
	if (follower->kind == PIPELINE_PODS)
		runtime_list(follower->agent, false);
}

/*
 * Notes a pod of this node that begins.  A pod of the first list may have run for long, so it is
 * not noted.
 */
static void note_start(struct agent *agent, const struct tree_node *pod)
{
	const struct tree_node *metadata = tree_get(pod, "metadata"), *spec = tree_get(pod, "spec");

	if (agent->is_synced &&
	    !strcmp(tree_text_in(spec, "nodeName"), agent->options->pipeline.node) &&
	    !pipeline_has_pod(agent->pipeline, tree_text_in(metadata, "namespace"),
			      tree_text_in(metadata, "name")))
		starts_note_pod(&agent->starts, pod);
}

static void take_object(void *context, const struct tree_node *object, bool gone)
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

static void take_trouble(void *context, const char *text)
{
	struct follower *follower = context;

	log_tell(&follower->agent->log, LOG_WARNING, text, "kind", agent_kinds[follower->kind].name,
		 NULL);
	report_record_soon(follower->agent, clock_milliseconds());
}

/*
 * The kernel may take a policy later that it refuses now: it was out of memory, or a module was
 * missing. So the policy is tried again after some time, which doubles with each try, up to an
 * hour.
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

/*
 * The first lists are the most that is ever read at once.  Only glibc has to be told to give the
 * memory back.
 */
static void give_memory_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
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
		report_commit(agent, &result);
		if (!agent->is_synced && agent->cluster.own_node &&
		    !pipeline_has_closed_ranges(agent->pipeline))
			log_tell(&agent->log, LOG_WARNING,
				 "nothing is closed yet: the node's object is not there, or has no "
				 "podCIDRs",
				 "node", agent->cluster.own_node, NULL);
		if (!agent->is_synced)
			notify_tell(
				"READY=1\nSTATUS=The table is what the API server's objects say.");
		if (!agent->is_synced)
			give_memory_back();
		agent->is_synced = true;
		agent->wants_commit = false;
		agent->failures = 0;
	}
	for (size_t i = 0; i < result.refused_count; i++)
		cluster_refuse(&agent->cluster, result.refused[i].namespace, result.refused[i].name,
			       result.refused[i].text);
	plan_another_try(agent, now);
	report_faults(agent);
	report_record_soon(agent, now);
	report_diags(agent, &diags);
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
	report_diags(agent, &diags);
	arena_free(diags.arena);
}

static void open_server(struct agent *agent)
{
	const char *error;

	agent->api.http = http_open(&agent->credentials.server, &error);
	if (!agent->api.http) {
		/* Without a client there is nothing to do, so the agent ends. */
		log_tell(&agent->log, LOG_ERROR, error, NULL);
		agent->is_over = true;
	}
}

/*
 * Opens a new connection to the server in the stead of a dead one; the watches begin their requests
 * again.
 */
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
		if (cluster_wants(&agent->cluster, kind))
			is_alive &= watch_step(&agent->followers[kind].watch, now);
	if (!is_alive)
		reconnect(agent, now);
}

/* How many milliseconds until @due. */
static long until(long long due, long long now)
{
	return due <= now ? 0 : due - now > LONG_MAX ? LONG_MAX : (long)(due - now);
}

/* How many milliseconds until something is due that run_once() does only after the first lists. */
static long work_timeout(const struct agent *agent, long long now)
{
	const long long dues[] = {
		agent->is_synced ? agent->record_due : LLONG_MAX,
		agent->commit.look_at,
		agent->commit.end_at,
		agent->refused_due,
		agent->wants_commit ? agent->retry_at : LLONG_MAX,
	};
	long least = self_check_timeout(agent, now);

	for (size_t i = 0; i < sizeof(dues) / sizeof(*dues); i++)
		least = until(dues[i], now) < least ? until(dues[i], now) : least;
	return least;
}

static int timeout_of(const struct agent *agent, long long now)
{
	long least = agent->watchdog ? agent->watchdog / 2 : 60000;

	for (enum pipeline_kind kind = PIPELINE_PODS; kind < AGENT_KINDS; kind++) {
		const long timeout = cluster_wants(&agent->cluster, kind)
					     ? watch_timeout(&agent->followers[kind].watch, now)
					     : least;

		least = timeout < least ? timeout : least;
	}
	if (nri_timeout(&agent->nri, now) < least)
		least = nri_timeout(&agent->nri, now);
	if (agent->cluster.is_whole && work_timeout(agent, now) < least)
		least = work_timeout(agent, now);
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

enum {
	WAITS_FOR_SIGNAL,
	WAITS_FOR_KERNEL,
	WAITS_FOR_LINKS,
	WAITS_FOR_DENIED,
	WAITS_FOR_CARRIER,
	WAITS_FOR_CHECK,
	WAITS
};

/* Finds out whether somebody else's commit to nf_tables was about our table. */
static void look_at_kernel(struct agent *agent)
{
	struct diags diags = {.arena = arena_new()};

	if (commit_is_disturbed(&agent->commit, &diags))
		agent->wants_commit = true;
	report_diags(agent, &diags);
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

	/*
	 * Until the pipeline's ruleset is in force, packets are denied by an older one, which is
	 * not known.
	 */
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
		/*
		 * The carrier says nothing unasked, so its socket is readable only when it has
		 * ended.
		 */
		[WAITS_FOR_CARRIER] = {.fd = carrier_fd(), .events = POLLIN},
		[WAITS_FOR_CHECK] = {.fd = agent->self_check.fd, .events = POLLIN},
	};
	size_t count = WAITS + serve_files(&agent->serve, files + WAITS);

	count += nri_files(&agent->nri, files + count);
	if (http_wait(agent->api.http, files, count, timeout_of(agent, now)) && errno != EINTR) {
		log_tell(&agent->log, LOG_ERROR, "waiting for the API server failed", "error",
			 strerror(errno), NULL);
		reconnect(agent, now);
	}
	agent->serve.has_caller = files[WAITS].revents;
	if (files[WAITS_FOR_SIGNAL].revents)
		take_signal(agent);
	if (files[WAITS_FOR_KERNEL].revents)
		look_at_kernel(agent);
	if (files[WAITS_FOR_LINKS].revents)
		commit_hears_links(&agent->commit, now);
	if (files[WAITS_FOR_DENIED].revents)
		tell_denied(agent);
	if (files[WAITS_FOR_CARRIER].revents)
		agent->is_over = true;
	if (files[WAITS_FOR_CHECK].revents)
		self_check_take(agent);
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
	runtime_step(agent, now);
	if (!agent->cluster.is_whole)
		return;
	report_record(agent, now);
	if (agent->told_changes != agent->cluster.fault_changes)
		report_faults(agent);
	try_refused_again(agent, now);
	agent->wants_commit |= agent->cluster.changed || now >= agent->commit.look_at;
	if (agent->wants_commit && now >= agent->retry_at)
		commit_now(agent, now);
	if (agent->is_synced && !agent->wants_commit)
		runtime_release(agent);
	if (now >= agent->commit.end_at)
		end_connections(agent, now);
	self_check_step(agent, now);
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

/*
 * Gives signals back their meaning of before.  One that came while the agent was ending has what it
 * asked for; it must not kill the process, which still has an exit status to give.
 */
static void close_signals(struct agent *agent, const sigset_t *before)
{
	struct signalfd_siginfo info;

	if (agent->signals >= 0)
		while (read(agent->signals, &info, sizeof(info)) == sizeof(info))
			;
	sigprocmask(SIG_SETMASK, before, NULL);
	if (agent->signals >= 0)
		close(agent->signals);
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

static int read_credentials(struct agent *agent, struct arena *arena, struct diags *diags)
{
	const char *kubeconfig = agent->options->kubeconfig;

	return kubeconfig ? credentials_of_file(arena, kubeconfig, &agent->credentials, diags)
			  : credentials_of_pod(arena, NULL, &agent->credentials, diags);
}

static int open_all(struct agent *agent, struct diags *diags)
{
	const struct agent_options *options = agent->options;
	const char *error;

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
	const int status =
		keeper_take(agent->options->commit.table, agent->signals, &agent->keeper, diags);

	if (status)
		return status < 0 ? -1 : 0;
	if (commit_finds_table(&agent->commit))
		cluster_expect(&agent->cluster);
	open_denied(agent, diags);
	begin_watches(agent);
	log_tell(&agent->log, LOG_INFO, "begins", "version", NP2NFT_VERSION, "server",
		 agent->credentials.server.url, "node", agent->options->pipeline.node, NULL);
	while (!agent->is_over && !carrier_is_lost())
		run_once(agent);
	report_record(agent, clock_milliseconds());
	if (carrier_has_ended()) {
		diag_error(diags, nowhere,
			   "the process that speaks to the kernel has ended, or does not answer");
		return -1;
	}
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
	self_check_end(&agent->self_check);
	if (agent->keeper >= 0)
		close(agent->keeper);
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
	pipeline_close_ranges(agent.pipeline, &options->closed_ranges);
	cluster_begin(&agent.cluster, agent.pipeline, silence / 3);
	if (options->closed_ranges_of_own_node)
		agent.cluster.own_node = options->pipeline.node;
	self_check_begin(&agent.self_check, options->verify_every < 0 ? 0
					    : options->verify_every   ? options->verify_every
								      : VERIFY_EVERY);
	runtime_begin(&agent);
	/* The files may be pipes that nobody writes to, so signals are not blocked yet. */
	sigprocmask(SIG_SETMASK, NULL, &before);
	status = read_credentials(&agent, arena, diags);
	if (!status)
		status = open_signals(&agent, &before, diags);
	if (!status)
		status = open_all(&agent, diags);
	if (!status)
		status = run(&agent, diags);
	close_all(&agent);
	close_signals(&agent, &before);
	arena_free(arena);
	return status;
}
