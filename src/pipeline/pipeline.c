/* Events and rulesets.  See pipeline/pipeline.h. */
#include "pipeline/pipeline.h"

#include "base/arena.h"
#include "model/share.h"
#include "pipeline/store.h"

#include <stdlib.h>

struct pipeline {
	struct arena *arena; /* of the store; this value does not live in it */
	struct pipeline_options options;
	struct store store;
	struct arena *taken_arena, *before_arena; /* of the rulesets of the last two takings */
	const struct ruleset *taken;
};

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
	struct arena *arena = arena_new();
	struct pipeline *pipeline = arena_alloc(arena, sizeof(*pipeline));

	pipeline->arena = arena;
	pipeline->options = *options;
	store_init(&pipeline->store, arena);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	arena_free(pipeline->taken_arena);
	arena_free(pipeline->before_arena);
	arena_free(pipeline->arena);
}

static struct shelf *shelf_of(struct pipeline *pipeline, enum pipeline_kind kind)
{
	struct shelf *const shelves[] = {
		[PIPELINE_PODS] = &pipeline->store.pods,
		[PIPELINE_NAMESPACES] = &pipeline->store.namespaces,
		[PIPELINE_POLICIES] = &pipeline->store.policies,
	};

	return shelves[kind];
}

static void drop(struct pipeline *pipeline, enum pipeline_kind kind, const char *namespace,
		 const char *name)
{
	struct shelf *shelf = shelf_of(pipeline, kind);
	uint32_t number = store_find(shelf, namespace, name);

	if (number != TABLE_NONE)
		store_drop(&pipeline->store, shelf, number);
}

void pipeline_put_pod(struct pipeline *pipeline, const struct objects *from, const struct pod *pod)
{
	if (pod->addr_count)
		store_put_pod(&pipeline->store, from, pod);
	else
		drop(pipeline, PIPELINE_PODS, pod->namespace, pod->name);
}

void pipeline_put_namespace(struct pipeline *pipeline, const struct objects *from,
			    const struct namespace *namespace)
{
	store_put_namespace(&pipeline->store, from, namespace);
}

void pipeline_put_policy(struct pipeline *pipeline, const struct objects *from,
			 const struct policy *policy)
{
	store_put_policy(&pipeline->store, from, policy);
}

void pipeline_drop_pod(struct pipeline *pipeline, const char *namespace, const char *name)
{
	drop(pipeline, PIPELINE_PODS, namespace, name);
}

void pipeline_drop_namespace(struct pipeline *pipeline, const char *name)
{
	drop(pipeline, PIPELINE_NAMESPACES, "", name);
}

void pipeline_drop_policy(struct pipeline *pipeline, const char *namespace, const char *name)
{
	drop(pipeline, PIPELINE_POLICIES, namespace, name);
}

void pipeline_list_begins(struct pipeline *pipeline, enum pipeline_kind kind)
{
	shelf_of(pipeline, kind)->list++;
}

void pipeline_list_ends(struct pipeline *pipeline, enum pipeline_kind kind)
{
	struct shelf *shelf = shelf_of(pipeline, kind);

	for (uint32_t i = 0; i < shelf->count; i++)
		if (shelf->items[i] && shelf->seen[i] != shelf->list)
			store_drop(&pipeline->store, shelf, i);
}

size_t pipeline_count(const struct pipeline *pipeline, enum pipeline_kind kind)
{
	return shelf_of((struct pipeline *)pipeline, kind)->present;
}

const struct ruleset *pipeline_compile(const struct pipeline *pipeline, struct arena *arena)
{
	struct objects *objects = arena_alloc(arena, sizeof(*objects));

	*objects = store_objects(&pipeline->store, arena);
	objects_share(objects);
	return lower(arena, resolve(arena, objects, pipeline->options.node),
		     &pipeline->options.lower);
}

struct changes pipeline_take(struct pipeline *pipeline, struct arena *arena)
{
	const struct ruleset *before = pipeline->taken;

	arena_free(pipeline->before_arena);
	pipeline->before_arena = pipeline->taken_arena;
	pipeline->taken_arena = arena_new();
	pipeline->taken = pipeline_compile(pipeline, pipeline->taken_arena);
	return transition(arena, before, pipeline->taken);
}

const struct ruleset *pipeline_ruleset(const struct pipeline *pipeline)
{
	return pipeline->taken;
}
