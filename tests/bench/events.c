/*
 * Measures what an event costs a pipeline, from the object to the transition that is ready to be
 * sent, or to the kernel's commit.
 *
 *     events [--kernel] NODE PATH...
 *
 * Puts the cluster into a pipeline for that node, and then adds one object and takes it away again,
 * many times.  Prints a line for each kind of event: its name, and the median of its processor time
 * in microseconds.
 *
 * With --kernel, which needs root, each event is committed in a network namespace of its own, as
 * the agent does it, by way of a carrier.  Then the time is that of the clock, followed by the parts
 * of it for which the commit waited for packets under way, and that the kernel took for the
 * transactions.
 */
#define _GNU_SOURCE

#include "base/arena.h"
#include "kernel/carrier.h"
#include "kernel/carrier_process.h"
#include "node/apply.h"
#include "node/netns.h"
#include "node/session.h"
#include "pipeline/pipeline.h"
#include "read/document.h"
#include "resolve/resolve.h"
#include "variants.h"
#include "wire.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REPEATS 41

struct bench {
	struct objects objects;
	struct pipeline *pipeline;
	const struct pod *remote,
		*local; /* the pods after which new ones are modelled; NULL: there is none */
	struct session *session;        /* NULL: nothing is committed */
	const struct wire_times *times; /* of what is committed */
	struct diags *diags;
};

/*
 * The microseconds that an event took, and how many of them the kernel took for its transactions,
 * and for waiting.
 */
struct cost {
	double all, kernel, waits;
};

/*
 * Returns the time in microseconds: the processor time of this process or, with a kernel, that of
 * the clock.
 */
static double now(const struct bench *bench)
{
	struct timespec time;

	clock_gettime(bench->session ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare_costs(const void *a, const void *b)
{
	double x = ((const struct cost *)a)->all, y = ((const struct cost *)b)->all;

	return (x > y) - (x < y);
}

static void end_with(const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		fprintf(stderr, "events: %s\n", diags->items[i].text);
	exit(2);
}

/* Brings the changes into the kernel; if @changes is NULL, the whole ruleset. */
static void commit(struct bench *bench, const struct changes *changes)
{
	size_t count;

	if (bench->session && apply_ruleset(bench->session, pipeline_ruleset(bench->pipeline),
					    changes, NULL, &count, bench->diags))
		end_with(bench->diags);
}

/* Measures an event and the taking of its changes; *changes becomes the number of changes. */
static struct cost time_event(struct bench *bench, void (*event)(struct bench *bench),
			      size_t *changes)
{
	struct arena *arena = arena_new();
	struct changes taken;
	const struct wire_times before = bench->times ? *bench->times : (struct wire_times){0};
	struct cost cost = {.all = now(bench)};

	event(bench);
	taken = pipeline_take(bench->pipeline, arena);
	commit(bench, &taken);
	cost.all = now(bench) - cost.all;
	if (bench->times) {
		cost.kernel = bench->times->transactions - before.transactions;
		cost.waits = bench->times->waits - before.waits;
	}
	*changes = taken.count;
	arena_free(arena);
	return cost;
}

static void print_median(const char *name, struct cost *costs, size_t changes)
{
	const struct cost *median = &costs[REPEATS / 2];

	qsort(costs, REPEATS, sizeof(*costs), compare_costs);
	printf("%s %.1f (%zu changes)", name, median->all, changes);
	if (median->kernel > 0)
		printf(", of it waiting %.1f and the kernel's %.1f", median->waits, median->kernel);
}

/* Measures an event and the event that undoes it, in turns. */
static void measure(struct bench *bench, const char *name, void (*event)(struct bench *bench),
		    void (*undo)(struct bench *bench))
{
	struct cost forth[REPEATS], back[REPEATS];
	size_t come, go;

	for (size_t i = 0; i < REPEATS; i++) {
		forth[i] = time_event(bench, event, &come);
		back[i] = time_event(bench, undo, &go);
	}
	print_median(name, forth, come);
	print_median(", back", back, go);
	puts("");
}

static void put_like(struct bench *bench, const struct pod *like)
{
	struct arena *arena = arena_new();
	const struct pod pod = variant_pod(arena, like);

	pipeline_put_pod(bench->pipeline, &bench->objects, &pod);
	arena_free(arena);
}

static void drop_like(struct bench *bench, const struct pod *like)
{
	struct arena *arena = arena_new();

	pipeline_drop_pod(bench->pipeline, like->namespace, variant_pod(arena, like).name);
	arena_free(arena);
}

static void put_remote(struct bench *bench)
{
	put_like(bench, bench->remote);
}

static void drop_remote(struct bench *bench)
{
	drop_like(bench, bench->remote);
}

static void put_local(struct bench *bench)
{
	put_like(bench, bench->local);
}

static void drop_local(struct bench *bench)
{
	drop_like(bench, bench->local);
}

/*
 * Adds a policy for all pods in the namespace of the local pod, with the rules of another policy
 * there.
 */
static void put_policy(struct bench *bench)
{
	static const struct selector everything;
	const struct objects *objects = &bench->objects;
	size_t at = 0;
	struct policy policy;

	while (strcmp(objects->policies[at].namespace, bench->local->namespace) != 0)
		at++;
	policy = objects->policies[at];
	policy.name = "one-more";
	policy.pods = &everything;
	pipeline_put_policy(bench->pipeline, objects, &policy);
}

static void drop_policy(struct bench *bench)
{
	pipeline_drop_policy(bench->pipeline, bench->local->namespace, "one-more");
}

/* Gives the pod again as it is, as when only its status has changed. */
static void put_same(struct bench *bench)
{
	pipeline_put_pod(bench->pipeline, &bench->objects, bench->remote);
}

static void put_all(struct bench *bench)
{
	const struct objects *objects = &bench->objects;

	for (size_t i = 0; i < objects->namespace_count; i++)
		pipeline_put_namespace(bench->pipeline, objects, &objects->namespaces[i]);
	for (size_t i = 0; i < objects->pod_count; i++)
		pipeline_put_pod(bench->pipeline, objects, &objects->pods[i]);
	for (size_t i = 0; i < objects->policy_count; i++)
		pipeline_put_policy(bench->pipeline, objects, &objects->policies[i]);
}

/* The carrier of a command gives up rights here; this one keeps them. */
static void keep_all_rights(int socket)
{
	(void)socket;
}

/* From here on, changes are committed in a network namespace that nobody else uses. */
static void begin_commits(struct bench *bench, struct diags *diags)
{
	if (unshare(CLONE_NEWNET))
		fail("unshare");
	bench->diags = diags;
	bench->times = wire_share();
	fflush(stdout);
	if (carrier_begin("t", keep_all_rights, netns_keep()))
		fail("carrier");
	bench->session = session_open("t", diags);
	if (!bench->session)
		end_with(diags);
	commit(bench, NULL);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct bench bench = {.objects.arena = arena};
	struct diags diags = {.arena = arena};
	const struct resolved *resolved;
	const bool commits = argc > 1 && !strcmp(argv[1], "--kernel");
	size_t changes;

	argc -= commits;
	argv += commits;
	if (argc < 3) {
		fputs("usage: events [--kernel] NODE PATH...\n", stderr);
		return 2;
	}
	read_paths((const char *const *)argv + 2, (size_t)argc - 2,
		   &(struct read_options){.default_namespace = "default"}, &bench.objects, &diags);
	if (diags.errors)
		end_with(&diags);
	resolved = resolve(arena, &bench.objects, argv[1]);
	bench.remote = variant_remote_pod(
		arena, resolved, lower(arena, resolved, &(struct lower_options){.table = "t"}),
		argv[1]);
	bench.local = variant_local_pod(resolved, argv[1]);
	bench.pipeline =
		pipeline_new(&(struct pipeline_options){.lower.table = "t", .node = argv[1]});
	printf("pods %zu, policies %zu\n", bench.objects.pod_count, bench.objects.policy_count);
	printf("all at once %.1f\n", time_event(&bench, put_all, &changes).all);
	if (commits)
		begin_commits(&bench, &diags);
	if (bench.remote) {
		measure(&bench, "nothing", put_same, put_same);
		measure(&bench, "a remote pod", put_remote, drop_remote);
	}
	if (bench.local) {
		measure(&bench, "a local pod", put_local, drop_local);
		measure(&bench, "a policy", put_policy, drop_policy);
	}
	if (bench.session)
		session_close(bench.session);
	carrier_end();
	pipeline_free(bench.pipeline);
	arena_free(arena);
	return 0;
}
