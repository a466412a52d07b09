/*
 * Hands the sandboxes that the runtime reports on to agent/residents.h.  If the runtime does not
 * tell the addresses of a sandbox, they are read from its network namespace.
 */
#include "agent/runtime.h"

#include "agent/clock.h"
#include "agent/cluster.h"
#include "base/arena.h"
#include "kernel/netns_addrs.h"
#include "read/node.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * The link on which a pod has the addresses that Kubernetes knows; additional networks have other
 * links.
 */
#define POD_LINK "eth0"

/*
 * The path of the sandbox's network namespace.  NULL: it has none of its own; "": the runtime does
 * not say.
 */
static const char *netns_of(const struct node *sandbox)
{
	const struct node *list = node_get(node_get(sandbox, "linux"), "namespaces");

	for (uint32_t i = 0; list && i < list->count; i++)
		if (!strcmp(node_text_in(list->items[i], "type"), "network"))
			return node_text_in(list->items[i], "path");
	return list && list->count ? NULL : "";
}

static void add_addresses(struct arena *arena, const struct netns_addrs *addrs, struct node *ips)
{
	for (size_t i = 0; i < addrs->count; i++) {
		char text[ADDR_TEXT];

		addr_text(addrs->items[i].family, addrs->items[i].bytes, text);
		node_add(arena, ips, node_text(arena, text));
	}
}

/* Reads the addresses of a sandbox for which the runtime does not tell them. */
static struct node *look_inside(struct agent *agent, struct arena *arena,
				const struct node *sandbox, const char *path)
{
	struct node *ips = node_list(arena);
	struct netns_addrs addrs;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool failed = fd < 0 || netns_addrs_of(arena, fd, POD_LINK, &addrs);
	const int error = errno;

	if (fd >= 0)
		close(fd);
	if (!failed)
		add_addresses(arena, &addrs, ips);
	else
		log_tell(&agent->log, LOG_WARNING, "a new pod's address cannot be read",
			 "namespace", node_text_in(sandbox, "namespace"), "pod",
			 node_text_in(sandbox, "name"), "path", path, "error", strerror(error),
			 NULL);
	return ips;
}

/* Notes that an event which is not committed yet happens now. */
static void note_event(struct agent *agent)
{
	if (!agent->counts.waits)
		clock_gettime(CLOCK_MONOTONIC, &agent->counts.first_event);
	agent->counts.waits = true;
}

static void take_sandbox(void *context, const struct node *sandbox)
{
	struct agent *agent = context;
	struct arena *arena = arena_new();
	const struct node *ips = node_get(sandbox, "ips"), *pod;
	const char *path = netns_of(sandbox);

	if (path && (!ips || !ips->count))
		ips = look_inside(agent, arena, sandbox, path);
	pod = path ? residents_put_sandbox(&agent->residents, sandbox, ips) : NULL;
	if (pod) {
		note_event(agent);
		if (!pipeline_has_pod(agent->pipeline, node_text_in(sandbox, "namespace"),
				      node_text_in(sandbox, "name")))
			starts_note_now(&agent->starts);
		cluster_learn(&agent->cluster, pod, false);
	}
	arena_free(arena);
}

static void drop_sandbox(void *context, const struct node *sandbox)
{
	struct agent *agent = context;
	bool gone;
	const struct node *pod = residents_drop_sandbox(&agent->residents, sandbox, &gone);

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
	const struct node *missed;

	while ((missed = residents_missed(&agent->residents)))
		drop_sandbox(agent, missed);
}

static void take_connection(void *context, const char *error)
{
	struct agent *agent = context;

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

const struct node *runtime_pod(struct agent *agent, const struct node *pod, bool gone)
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
