/* Events and rulesets.  See pipeline/pipeline.h. */
#include "pipeline/pipeline.h"

#include "base/arena.h"
#include "change/diff.h"
#include "model/share.h"
#include "pipeline/members.h"

#include <stdlib.h>

/* An address of which something may have changed, and its elements as they were taken last. */
struct touched {
	uint32_t address;
	struct member_list before;
};

/* A ruleset and what it is made from. */
struct structure {
	struct arena *arena;
	struct ruleset *ruleset;
	struct members *members;
};

struct pipeline {
	struct arena *arena; /* this value lives in it */
	struct pipeline_options options;
	struct cluster *cluster;
	struct structure taken;     /* by the last taking */
	struct arena *before_arena; /* of the structure of the one before, until the next */
	bool must_restructure;
	struct arena *notes;            /* what follows lives in it */
	struct table touched_addresses; /* numbers, to: */
	struct touched *touched;
	size_t touched_count;
};

static void forget_touched(struct pipeline *pipeline)
{
	arena_reset(pipeline->notes);
	pipeline->touched_addresses = (struct table){.arena = pipeline->notes};
	pipeline->touched = NULL;
	pipeline->touched_count = 0;
}

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
	struct arena *arena = arena_new();
	struct pipeline *pipeline = arena_alloc(arena, sizeof(*pipeline));

	pipeline->arena = arena;
	pipeline->options = *options;
	pipeline->cluster = arena_alloc(arena, sizeof(*pipeline->cluster));
	cluster_init(pipeline->cluster, arena_new(), options->node);
	pipeline->must_restructure = true;
	pipeline->notes = arena_new();
	forget_touched(pipeline);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	arena_free(pipeline->taken.arena);
	arena_free(pipeline->before_arena);
	arena_free(pipeline->notes);
	arena_free(pipeline->cluster->arena);
	arena_free(pipeline->arena);
}

/* Something is about to change for an address: what it has is kept, unless it was before. */
static void touch_address(struct pipeline *pipeline, uint32_t address)
{
	bool added;

	if (!pipeline->taken.ruleset)
		return;
	table_add(&pipeline->touched_addresses, &address, sizeof(address), &added);
	if (added)
		arena_push(pipeline->notes, pipeline->touched, pipeline->touched_count,
			   ((struct touched){address,
					     members_of(pipeline->taken.members, pipeline->cluster,
							pipeline->notes, address)}));
}

static void touch_pod(struct pipeline *pipeline, const struct pod *pod)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		touch_address(pipeline, cluster_address(pipeline->cluster, &pod->addrs[i]));
	pipeline->must_restructure |= pod_is_enforced(pod, pipeline->options.node);
}

static void drop_pod(struct pipeline *pipeline, uint32_t number)
{
	touch_pod(pipeline, cluster_pod(pipeline->cluster, number));
	cluster_drop_pod(pipeline->cluster, number);
}

void pipeline_drop_pod(struct pipeline *pipeline, const char *namespace, const char *name)
{
	uint32_t number = store_find(&pipeline->cluster->store.pods, namespace, name);

	if (number != TABLE_NONE)
		drop_pod(pipeline, number);
}

void pipeline_put_pod(struct pipeline *pipeline, const struct objects *from, const struct pod *pod)
{
	struct cluster *cluster = pipeline->cluster;
	uint32_t number = store_find(&cluster->store.pods, pod->namespace, pod->name);

	if (!pod->addr_count) {
		pipeline_drop_pod(pipeline, pod->namespace, pod->name);
		return;
	}
	/* Most of what is told of a pod is nothing that matters here. */
	if (number != TABLE_NONE && store_has_pod(&cluster->store, from, pod)) {
		store_see(&cluster->store.pods, number);
		return;
	}
	if (number != TABLE_NONE)
		touch_pod(pipeline, cluster_pod(cluster, number));
	touch_pod(pipeline, pod);
	cluster_put_pod(cluster, from, pod);
}

/* The labels of the namespace are about to change, and with them who means its pods. */
static void touch_namespace(struct pipeline *pipeline, const char *name)
{
	struct cluster *cluster = pipeline->cluster;
	uint32_t number = cluster_namespace(cluster, name);

	for (uint32_t i = 0; i < cluster->pods_of_count; i++) {
		const struct number_list *pods = &cluster->pods_of[i];

		if (cluster->identities.items[i].namespace != number)
			continue;
		for (size_t k = 0; k < pods->count; k++) {
			const struct pod *pod = cluster_pod(cluster, pods->items[k]);

			for (size_t n = 0; n < pod->addr_count; n++)
				touch_address(pipeline, cluster_address(cluster, &pod->addrs[n]));
		}
	}
}

void pipeline_put_namespace(struct pipeline *pipeline, const struct objects *from,
			    const struct namespace *namespace)
{
	touch_namespace(pipeline, namespace->name);
	cluster_put_namespace(pipeline->cluster, from, namespace);
}

static void drop_namespace(struct pipeline *pipeline, uint32_t number)
{
	const struct namespace *namespace = pipeline->cluster->store.namespaces.items[number];

	touch_namespace(pipeline, namespace->name);
	cluster_drop_namespace(pipeline->cluster, number);
}

void pipeline_drop_namespace(struct pipeline *pipeline, const char *name)
{
	uint32_t number = store_find(&pipeline->cluster->store.namespaces, "", name);

	if (number != TABLE_NONE)
		drop_namespace(pipeline, number);
}

/* The policy comes or goes: of concern are those of enforced pods, or all. */
static void touch_policy(struct pipeline *pipeline, uint32_t number)
{
	if (number == TABLE_NONE)
		return;
	pipeline->must_restructure |=
		!pipeline->options.node ||
		cluster_selects_local(pipeline->cluster, cluster_policy(pipeline->cluster, number));
}

void pipeline_put_policy(struct pipeline *pipeline, const struct objects *from,
			 const struct policy *policy)
{
	const struct shelf *policies = &pipeline->cluster->store.policies;

	touch_policy(pipeline, store_find(policies, policy->namespace, policy->name));
	cluster_put_policy(pipeline->cluster, from, policy);
	touch_policy(pipeline, store_find(policies, policy->namespace, policy->name));
}

static void drop_policy(struct pipeline *pipeline, uint32_t number)
{
	touch_policy(pipeline, number);
	cluster_drop_policy(pipeline->cluster, number);
}

void pipeline_drop_policy(struct pipeline *pipeline, const char *namespace, const char *name)
{
	uint32_t number = store_find(&pipeline->cluster->store.policies, namespace, name);

	if (number != TABLE_NONE)
		drop_policy(pipeline, number);
}

static struct shelf *shelf_of(const struct pipeline *pipeline, enum pipeline_kind kind)
{
	struct shelf *const shelves[] = {
		[PIPELINE_PODS] = &pipeline->cluster->store.pods,
		[PIPELINE_NAMESPACES] = &pipeline->cluster->store.namespaces,
		[PIPELINE_POLICIES] = &pipeline->cluster->store.policies,
	};

	return shelves[kind];
}

void pipeline_list_begins(struct pipeline *pipeline, enum pipeline_kind kind)
{
	shelf_of(pipeline, kind)->list++;
}

void pipeline_list_ends(struct pipeline *pipeline, enum pipeline_kind kind)
{
	static void (*const drops[])(struct pipeline * pipeline, uint32_t number) = {
		[PIPELINE_PODS] = drop_pod,
		[PIPELINE_NAMESPACES] = drop_namespace,
		[PIPELINE_POLICIES] = drop_policy,
	};
	const struct shelf *shelf = shelf_of(pipeline, kind);

	for (uint32_t i = 0; i < shelf->count; i++)
		if (shelf->items[i] && shelf->seen[i] != shelf->list)
			drops[kind](pipeline, i);
}

size_t pipeline_count(const struct pipeline *pipeline, enum pipeline_kind kind)
{
	return shelf_of(pipeline, kind)->present;
}

const struct ruleset *pipeline_compile(const struct pipeline *pipeline, struct arena *arena)
{
	struct objects *objects = arena_alloc(arena, sizeof(*objects));

	*objects = store_objects(&pipeline->cluster->store, arena);
	objects_share(objects);
	return lower(arena, resolve(arena, objects, pipeline->options.node),
		     &pipeline->options.lower);
}

/* The ruleset of now, with all that its structure comes of; sets of peers go on where they mean the same. */
static struct structure restructure(struct pipeline *pipeline, const struct members *before)
{
	struct structure structure = {.arena = arena_new()};
	struct objects *local = arena_alloc(structure.arena, sizeof(*local));
	const struct resolved *resolved;

	*local = cluster_local_objects(pipeline->cluster, structure.arena);
	resolved = resolve(structure.arena, local, pipeline->options.node);
	structure.ruleset = lower_structure(structure.arena, resolved, &pipeline->options.lower);
	structure.members = members_new(structure.arena, pipeline->cluster, structure.ruleset,
					resolved, before);
	return structure;
}

/* What was touched, as it is now. */
static void change_members(struct pipeline *pipeline, const struct members *members)
{
	for (size_t i = 0; i < pipeline->touched_count; i++) {
		const struct touched *touched = &pipeline->touched[i];
		const struct member_list now =
			members_of(members, pipeline->cluster, pipeline->notes, touched->address);

		members_change(members, pipeline->cluster, pipeline->notes, &touched->before, &now);
	}
}

struct changes pipeline_take(struct pipeline *pipeline, struct arena *arena)
{
	const struct structure before = pipeline->taken;
	struct structure now = before;
	struct changes changes;

	arena_free(pipeline->before_arena);
	pipeline->before_arena = NULL;
	if (pipeline->must_restructure) {
		now = restructure(pipeline, before.members);
		pipeline->before_arena = before.arena;
	}
	change_members(pipeline, now.members);
	members_publish(now.members);
	now.ruleset->stats.policies = pipeline->cluster->store.policies.present;
	if (before.ruleset) {
		struct difference *difference = arena_alloc(arena, sizeof(*difference));

		*difference = diff_with(arena, before.ruleset, now.ruleset,
					members_known(now.members, arena, before.members));
		changes = transition_of(arena, difference);
	} else {
		changes = transition(arena, NULL, now.ruleset);
	}
	members_forget(now.members);
	pipeline->taken = now;
	pipeline->must_restructure = false;
	forget_touched(pipeline);
	return changes;
}

const struct ruleset *pipeline_ruleset(const struct pipeline *pipeline)
{
	return pipeline->taken.ruleset;
}
