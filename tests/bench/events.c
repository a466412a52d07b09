/*
 * What an event costs a pipeline, from the object to the transition that is ready to be sent.
 *
 *     events NODE PATH...
 *
 * Puts the cluster into a pipeline for that node, and then makes one thing more and takes it back, again and
 * again.  Prints a line for each: its name, and the median of its processor time in microseconds.
 */
#include "base/arena.h"
#include "pipeline/pipeline.h"
#include "read/document.h"
#include "resolve/resolve.h"
#include "variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REPEATS 41

struct bench {
	struct objects objects;
	struct pipeline *pipeline;
	const struct pod *remote, *local; /* that what comes is like; NULL: there is none */
};

/* Microseconds of this process. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* An event and the taking of what it changes; *changes tells how many changes that is. */
static double time_event(struct bench *bench, void (*event)(struct bench *bench), size_t *changes)
{
	struct arena *arena = arena_new();
	double start = now();

	event(bench);
	*changes = pipeline_take(bench->pipeline, arena).count;
	start = now() - start;
	arena_free(arena);
	return start;
}

/* One event and the one that undoes it, in turns. */
static void measure(struct bench *bench, const char *name, void (*event)(struct bench *bench),
		    void (*undo)(struct bench *bench))
{
	double forth[REPEATS], back[REPEATS];
	size_t come, go;

	for (size_t i = 0; i < REPEATS; i++) {
		forth[i] = time_event(bench, event, &come);
		back[i] = time_event(bench, undo, &go);
	}
	qsort(forth, REPEATS, sizeof(double), compare_times);
	qsort(back, REPEATS, sizeof(double), compare_times);
	printf("%s %.1f (%zu changes), back %.1f (%zu)\n", name, forth[REPEATS / 2], come,
	       back[REPEATS / 2], go);
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

/* A policy for all pods in the namespace of the local one, with the rules of another there. */
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

/* Its status was told again. */
static void put_same(struct bench *bench)
{
	pipeline_put_pod(bench->pipeline, &bench->objects, bench->remote);
}

static void end_with(const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		fprintf(stderr, "events: %s\n", diags->items[i].text);
	exit(2);
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

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct bench bench = {.objects.arena = arena};
	struct diags diags = {.arena = arena};
	const struct resolved *resolved;
	size_t changes;

	if (argc < 3) {
		fputs("usage: events NODE PATH...\n", stderr);
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
	printf("all at once %.1f\n", time_event(&bench, put_all, &changes));
	if (bench.remote) {
		measure(&bench, "nothing", put_same, put_same);
		measure(&bench, "a remote pod", put_remote, drop_remote);
	}
	if (bench.local) {
		measure(&bench, "a local pod", put_local, drop_local);
		measure(&bench, "a policy", put_policy, drop_policy);
	}
	pipeline_free(bench.pipeline);
	arena_free(arena);
	return 0;
}
