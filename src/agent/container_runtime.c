/*
 * Hands the sandboxes that the runtime reports on to agent/own_pods.h.  If the runtime does not
 * tell the addresses of a sandbox, they are read from its network namespace.
 */
#include "agent/container_runtime.h"

#include "agent/clock.h"
#include "agent/cluster.h"
#include "base/arena.h"
#include "kernel/netns_addrs.h"
#include "read/tree_node.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * The link on which a pod has the addresses that Kubernetes knows; additional networks have other
 * links.
 */
#define POD_LINK "eth0"

static const struct tree_node *namespaces_of(const struct tree_node *sandbox)
{
	return tree_get(tree_get(sandbox, "linux"), "namespaces");
}

/*
 * Has a sandbox in the list of all of them ended? containerd lists such sandboxes, too, until the
 * kubelet removes them, and may still tell their addresses; but they have no namespaces any more,
 * while one that runs always has some.
 */
static bool has_ended(const struct agent *agent, const struct tree_node *sandbox)
{
	const struct tree_node *list = namespaces_of(sandbox);

	return agent->residents.in_round && (!list || !list->count);
}

/*
 * The path of the sandbox's network namespace.  NULL: it has none of its own; "": the runtime does
 * not say.
 */
static const char *netns_of(const struct tree_node *sandbox)
{
	const struct tree_node *list = namespaces_of(sandbox);

	for (uint32_t i = 0; list && i < list->count; i++)
		if (!strcmp(tree_text_in(list->items[i], "type"), "network"))
			return tree_text_in(list->items[i], "path");
	return list && list->count ? NULL : "";
}

static void add_addresses(struct arena *arena, const struct netns_addrs *addrs,
			  struct tree_node *ips)
{
	for (size_t i = 0; i < addrs->count; i++) {
		char text[ADDR_TEXT];

		addr_text(addrs->items[i].family, addrs->items[i].bytes, text);
		tree_add(arena, ips, tree_text(arena, text));
	}
}

/* Reports that a new pod has no policies in force until the API server tells its address. */
static void tell_unknown(struct agent *agent, const struct tree_node *sandbox, const char *path,
			 const char *error)
{
	log_tell(&agent->log, LOG_WARNING, "a new pod's address cannot be read", "namespace",
		 tree_text_in(sandbox, "namespace"), "pod", tree_text_in(sandbox, "name"), "path",
		 path, "error", error, NULL);
}

/* Reads the addresses of a sandbox for which the runtime does not tell them. */
static struct tree_node *look_inside(struct agent *agent, struct arena *arena,
				     const struct tree_node *sandbox, const char *path)
{
	struct tree_node *ips = tree_list(arena);
	struct netns_addrs addrs;
	bool failed;
	int fd, error;

	if (!*path) {
		tell_unknown(agent, sandbox, path,
			     "the runtime tells neither the address nor the network namespace");
		return ips;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	failed = fd < 0 || netns_addrs_of(arena, fd, POD_LINK, &addrs);
	error = errno;
	if (fd >= 0)
		close(fd);
	if (!failed)
		add_addresses(arena, &addrs, ips);
	else
		tell_unknown(agent, sandbox, path, strerror(error));
	return ips;
}

/* Notes the time of an event, for the statistics of how long it takes until it is committed. */
static void note_event(struct agent *agent)
{
	if (!agent->counts.waits)
		clock_gettime(CLOCK_MONOTONIC, &agent->counts.first_event);
	agent->counts.waits = true;
}

static void take_sandbox(void *context, const struct tree_node *sandbox)
{
	struct agent *agent = context;
	struct arena *arena = arena_new();
	const struct tree_node *ips = tree_get(sandbox, "ips"), *pod;
	const char *path = has_ended(agent, sandbox) ? NULL : netns_of(sandbox);

	if (path && (!ips || !ips->count))
		ips = look_inside(agent, arena, sandbox, path);
	pod = path ? residents_put_sandbox(&agent->residents, sandbox, ips) : NULL;
	if (pod) {
		note_event(agent);
		/* A sandbox in the list of all of them may have run for long. */
		if (!agent->residents.in_round && agent->is_synced &&
		    !pipeline_has_pod(agent->pipeline, tree_text_in(sandbox, "namespace"),
				      tree_text_in(sandbox, "name")))
			starts_note_now(&agent->starts);
		cluster_learn(&agent->cluster, pod, false);
	}
	arena_free(arena);
}

static void drop_sandbox(void *context, const struct tree_node *sandbox)
{
	struct agent *agent = context;
	bool gone;
	const struct tree_node *pod = residents_drop_sandbox(&agent->residents, sandbox, &gone);

	if (!pod)
		return;
	note_event(agent);
	cluster_learn(&agent->cluster, pod, gone);
}

static void begin_round(void *context)
{
	struct agent *agent = context;

	residents_round_begins(&agent->residents);
}

static void end_round(void *context)
{
	struct agent *agent = context;
	const struct tree_node *missed;

	while ((missed = residents_missed(&agent->residents)))
		drop_sandbox(agent, missed);
	agent->residents.in_round = false;
}

static void take_connection(void *context, const char *error)
{
	struct agent *agent = context;

	agent->residents.in_round = false;
	if (error)
		log_tell(&agent->log, LOG_WARNING,
			 "the container runtime does not tell of pods before they run", "socket",
			 agent->nri.path, "error", error, NULL);
	else
		log_tell(&agent->log, LOG_INFO,
			 "the container runtime tells of pods before they run", "socket",
			 agent->nri.path, NULL);
}

void runtime_begin(struct agent *agent)
{
	const struct nri_receiver receiver = {
		.context = agent,
		.begin = begin_round,
		.whole = end_round,
		.runs = take_sandbox,
		.stops = drop_sandbox,
		.connection = take_connection,
	};

	residents_begin(&agent->residents, agent->options->pipeline.node);
	nri_begin(&agent->nri, agent->options->nri, agent->api.silence / 3, &receiver);
}

void runtime_end(struct agent *agent)
{
	nri_end(&agent->nri);
	residents_end(&agent->residents);
}

const struct tree_node *runtime_pod(struct agent *agent, const struct tree_node *pod, bool gone)
{
	return agent->nri.path ? residents_put_pod(&agent->residents, pod, gone) : pod;
}

void runtime_list(struct agent *agent, bool is_whole)
{
	if (is_whole)
		residents_list_ends(&agent->residents);
	else
		residents_list_begins(&agent->residents);
}

static void count_release(void *context, const struct timespec *began)
{
	struct agent *agent = context;

	histogram_add(&agent->counts.sandbox_to_commit, seconds_since(began));
}

void runtime_step(struct agent *agent, long long now)
{
	const uint64_t late = agent->nri.late;

	nri_step(&agent->nri, now);
	if (agent->nri.late > late)
		log_tell(
			&agent->log, LOG_WARNING,
			"containers run before the kernel has their policies: the runtime waits no "
			"longer",
			"calls", log_number(&agent->log, agent->nri.late - late), NULL);
}

void runtime_release(struct agent *agent)
{
	nri_release(&agent->nri, count_release);
}

void runtime_metrics(struct metrics *metrics, const struct agent *agent)
{
	if (!agent->nri.path)
		return;
	metrics_one(metrics, "np2nft_runtime_connected", "gauge",
		    "Does the container runtime tell of pods before they run?",
		    agent->nri.is_configured);
	metrics_histogram(
		metrics, "np2nft_sandbox_to_commit_seconds",
		"For how long new pods and containers were held, until the kernel had their "
		"policies.",
		&agent->counts.sandbox_to_commit);
	metrics_one(metrics, "np2nft_containers_not_held_total", "counter",
		    "Calls of the runtime that were answered before the kernel had the policies, "
		    "because their time was over.",
		    (double)agent->nri.late);
}
