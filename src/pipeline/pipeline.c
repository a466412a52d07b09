/*
 * An event puts an object into the census and notes which addresses it affects; pipeline/taking.c
 * makes the ruleset of that.
 */
#include "pipeline/pipeline.h"

#include "base/arena.h"
#include "pipeline/taking.h"

#include <stdlib.h>

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
	struct arena *arena = arena_new();
	struct pipeline *pipeline = arena_alloc(arena, sizeof(*pipeline));

	pipeline->arena = arena;
	pipeline->options = *options;
	pipeline->links_arena = arena_new();
	pipeline->census = census_new(arena_new(), options->node);
	pipeline->must_restructure = true;
	pipeline->notes = arena_new();
	taking_forget_touched(pipeline);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	arena_free(pipeline->taken.arena);
	taking_free_retired(pipeline);
	arena_free(pipeline->notes);
	arena_free(pipeline->links_arena);
	arena_free(pipeline->census->arena);
	arena_free(pipeline->arena);
}

/*
 * Must be called before something changes for an address: keeps the elements that it has, unless
 * that was done already.
 */
static void touch_address(struct pipeline *pipeline, uint32_t address)
{
	const struct number_list *owners = &pipeline->census->owners[address];
	bool added;

	for (size_t i = 0; i < owners->count; i++)
		pipeline->local_is_touched |= pod_is_enforced(
			census_pod(pipeline->census, owners->items[i]), pipeline->options.node);
	table_add(&pipeline->touched_addresses, &address, sizeof(address), &added);
	if (added)
		arena_push(pipeline->notes, pipeline->touched, pipeline->touched_count,
			   ((struct touched_address){
				   address, members_of(pipeline->taken.members, pipeline->census,
						       pipeline->notes, address)}));
}

/* Makes a pod of another node known that has an address in the closed ranges. */
static void touch_closed_ranges(struct pipeline *pipeline, const struct pod *pod)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		if (closed_ranges_have(&pipeline->closed_ranges, &pod->addrs[i]))
			pipeline->closed_ranges_are_wide = pipeline->must_restructure = true;
}

static void touch_pod(struct pipeline *pipeline, const struct pod *pod)
{
	if (!pod_is_enforced(pod, pipeline->options.node))
		touch_closed_ranges(pipeline, pod);
	for (size_t i = 0; pipeline->taken.members && i < pod->addr_count; i++)
		touch_address(pipeline, census_address(pipeline->census, &pod->addrs[i]));
	pipeline->local_is_touched |= pod_is_enforced(pod, pipeline->options.node);
}

static void drop_pod(struct pipeline *pipeline, uint32_t number)
{
	touch_pod(pipeline, census_pod(pipeline->census, number));
	census_drop_pod(pipeline->census, number);
}

void pipeline_drop_pod(struct pipeline *pipeline, const char *namespace, const char *name)
{
	uint32_t number = store_find(&pipeline->census->store.pods, namespace, name);

	if (number != TABLE_NONE)
		drop_pod(pipeline, number);
}

void pipeline_put_pod(struct pipeline *pipeline, const struct objects *from, const struct pod *pod)
{
	struct census *census = pipeline->census;
	uint32_t number = store_find(&census->store.pods, pod->namespace, pod->name);

	if (!pod->addr_count) {
		pipeline_drop_pod(pipeline, pod->namespace, pod->name);
		return;
	}
	/* Most updates of a pod change nothing that matters here. */
	if (number != TABLE_NONE && store_has_pod(&census->store, from, pod)) {
		store_see(&census->store.pods, number);
		return;
	}
	if (number != TABLE_NONE)
		touch_pod(pipeline, census_pod(census, number));
	touch_pod(pipeline, pod);
	census_put_pod(census, from, pod);
}

/* Must be called before the labels of a namespace change, since these decide who means its pods. */
static void touch_namespace(struct pipeline *pipeline, const char *name)
{
	struct census *census = pipeline->census;
	uint32_t number = census_namespace(census, name);

	/* Cluster policies select pods by these labels. */
	pipeline->must_restructure |=
		census->store.cluster_policies.present > 0 && census_has_local_in(census, number);
	for (uint32_t i = 0; pipeline->taken.members && i < census->pods_of_count; i++) {
		const struct number_list *pods = &census->pods_of[i];

		if (census->identities.items[i].namespace != number)
			continue;
		for (size_t k = 0; k < pods->count; k++) {
			const struct pod *pod = census_pod(census, pods->items[k]);

			for (size_t n = 0; n < pod->addr_count; n++)
				touch_address(pipeline, census_address(census, &pod->addrs[n]));
		}
	}
}

void pipeline_put_namespace(struct pipeline *pipeline, const struct objects *from,
			    const struct namespace *namespace)
{
	struct store *store = &pipeline->census->store;

	if (store_has_namespace(store, from, namespace)) {
		store_see(&store->namespaces, store_find(&store->namespaces, "", namespace->name));
		return;
	}
	touch_namespace(pipeline, namespace->name);
	census_put_namespace(pipeline->census, from, namespace);
}

static void drop_namespace(struct pipeline *pipeline, uint32_t number)
{
	const struct namespace *namespace = pipeline->census->store.namespaces.items[number];

	touch_namespace(pipeline, namespace->name);
	census_drop_namespace(pipeline->census, number);
}

void pipeline_drop_namespace(struct pipeline *pipeline, const char *name)
{
	uint32_t number = store_find(&pipeline->census->store.namespaces, "", name);

	if (number != TABLE_NONE)
		drop_namespace(pipeline, number);
}

/*
 * Notes that the policy comes or goes.  It matters only if it selects enforced pods, or if all pods
 * are enforced.
 */
static void touch_policy(struct pipeline *pipeline, uint32_t number)
{
	if (number == TABLE_NONE)
		return;
	pipeline->must_restructure |=
		!pipeline->options.node ||
		census_selects_local(pipeline->census, census_policy(pipeline->census, number));
}

void pipeline_put_policy(struct pipeline *pipeline, const struct objects *from,
			 const struct policy *policy)
{
	const struct shelf *policies = &pipeline->census->store.policies;

	touch_policy(pipeline, store_find(policies, policy->namespace, policy->name));
	census_put_policy(pipeline->census, from, policy);
	touch_policy(pipeline, store_find(policies, policy->namespace, policy->name));
}

void pipeline_close_policy(struct pipeline *pipeline, const char *namespace, const char *name,
			   bool closed)
{
	const struct shelf *policies = &pipeline->census->store.policies;
	const uint32_t number = store_find(policies, namespace, name);
	struct policy *policy;

	if (number == TABLE_NONE)
		return;
	policy = policies->items[number];
	if (policy->is_closed != closed)
		touch_policy(pipeline, number);
	policy->is_closed = closed;
}

static void drop_policy(struct pipeline *pipeline, uint32_t number)
{
	touch_policy(pipeline, number);
	census_drop_policy(pipeline->census, number);
}

void pipeline_drop_policy(struct pipeline *pipeline, const char *namespace, const char *name)
{
	uint32_t number = store_find(&pipeline->census->store.policies, namespace, name);

	if (number != TABLE_NONE)
		drop_policy(pipeline, number);
}

/* Does the same for a cluster policy. */
static void touch_cluster_policy(struct pipeline *pipeline, uint32_t number)
{
	const struct census *census = pipeline->census;

	if (number == TABLE_NONE)
		return;
	pipeline->must_restructure |=
		!pipeline->options.node ||
		census_cluster_selects_local(census, census_cluster_policy(census, number));
}

void pipeline_put_cluster_policy(struct pipeline *pipeline, const struct objects *from,
				 const struct cluster_policy *policy)
{
	const struct shelf *policies = &pipeline->census->store.cluster_policies;

	touch_cluster_policy(pipeline, store_find(policies, "", policy->name));
	census_put_cluster_policy(pipeline->census, from, policy);
	touch_cluster_policy(pipeline, store_find(policies, "", policy->name));
}

void pipeline_close_cluster_policy(struct pipeline *pipeline, const char *name, bool closed)
{
	const struct shelf *policies = &pipeline->census->store.cluster_policies;
	const uint32_t number = store_find(policies, "", name);
	struct cluster_policy *policy;

	if (number == TABLE_NONE)
		return;
	policy = policies->items[number];
	if (policy->is_closed != closed)
		touch_cluster_policy(pipeline, number);
	policy->is_closed = closed;
}

static void drop_cluster_policy(struct pipeline *pipeline, uint32_t number)
{
	touch_cluster_policy(pipeline, number);
	census_drop_cluster_policy(pipeline->census, number);
}

void pipeline_drop_cluster_policy(struct pipeline *pipeline, const char *name)
{
	uint32_t number = store_find(&pipeline->census->store.cluster_policies, "", name);

	if (number != TABLE_NONE)
		drop_cluster_policy(pipeline, number);
}

/* Must be called before something changes for the addresses of a node. */
static void touch_node(struct pipeline *pipeline, const struct cluster_node *node)
{
	for (size_t i = 0; pipeline->taken.members && i < node->addr_count; i++)
		touch_address(pipeline, census_address(pipeline->census, &node->addrs[i]));
}

void pipeline_put_node(struct pipeline *pipeline, const struct objects *from,
		       const struct cluster_node *node)
{
	struct census *census = pipeline->census;
	const uint32_t number = store_find(&census->store.nodes, "", node->name);

	/* A node's state is written every few minutes, and its addresses and labels hardly ever. */
	if (number != TABLE_NONE && store_has_node(&census->store, from, node)) {
		store_see(&census->store.nodes, number);
		return;
	}
	if (number != TABLE_NONE)
		touch_node(pipeline, census_node(census, number));
	touch_node(pipeline, node);
	census_put_node(census, from, node);
}

static void drop_node(struct pipeline *pipeline, uint32_t number)
{
	touch_node(pipeline, census_node(pipeline->census, number));
	census_drop_node(pipeline->census, number);
}

void pipeline_drop_node(struct pipeline *pipeline, const char *name)
{
	uint32_t number = store_find(&pipeline->census->store.nodes, "", name);

	if (number != TABLE_NONE)
		drop_node(pipeline, number);
}

static struct shelf *shelf_of(const struct pipeline *pipeline, enum pipeline_kind kind)
{
	struct shelf *const shelves[] = {
		[PIPELINE_PODS] = &pipeline->census->store.pods,
		[PIPELINE_NAMESPACES] = &pipeline->census->store.namespaces,
		[PIPELINE_POLICIES] = &pipeline->census->store.policies,
		[PIPELINE_CLUSTER_POLICIES] = &pipeline->census->store.cluster_policies,
		[PIPELINE_NODES] = &pipeline->census->store.nodes,
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
		[PIPELINE_CLUSTER_POLICIES] = drop_cluster_policy,
		[PIPELINE_NODES] = drop_node,
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

void pipeline_guard(struct pipeline *pipeline, const struct pod_links *pod_links)
{
	if (pod_links_are_same(&pipeline->links, pod_links))
		return;
	arena_reset(pipeline->links_arena);
	pipeline->links = pod_links_copy(pipeline->links_arena, pod_links);
	pipeline->must_restructure = true;
}

void pipeline_close_ranges(struct pipeline *pipeline, const struct closed_ranges *ranges)
{
	struct closed_ranges *closed = &pipeline->closed_ranges;
	const struct shelf *pods = &pipeline->census->store.pods;

	if (closed_ranges_are_same(closed, ranges))
		return;
	for (enum family family = V4; family < FAMILIES; family++) {
		const size_t size = ranges->count[family] * sizeof(struct range);

		closed->count[family] = ranges->count[family];
		closed->ranges[family] = arena_alloc(pipeline->arena, size);
		if (size)
			memcpy(closed->ranges[family], ranges->ranges[family], size);
	}
	pipeline->closed_ranges_are_wide = false;
	pipeline->must_restructure = true;
	for (uint32_t i = 0; i < pods->count; i++)
		if (pods->items[i] && !pod_is_enforced(pods->items[i], pipeline->options.node))
			touch_closed_ranges(pipeline, pods->items[i]);
}

bool pipeline_has_pod(const struct pipeline *pipeline, const char *namespace, const char *name)
{
	return store_find(&pipeline->census->store.pods, namespace, name) != TABLE_NONE;
}

const struct closed_ranges *pipeline_closed_ranges(const struct pipeline *pipeline)
{
	return &pipeline->closed_ranges;
}

bool pipeline_has_closed_ranges(const struct pipeline *pipeline)
{
	return pipeline->closed_ranges.count[V4] || pipeline->closed_ranges.count[V6];
}

bool pipeline_concerns_node(const struct pipeline *pipeline)
{
	return pipeline->must_restructure || pipeline->local_is_touched;
}

struct objects pipeline_objects(const struct pipeline *pipeline, struct arena *arena)
{
	return store_objects(&pipeline->census->store, arena);
}

struct objects pipeline_node_pods(const struct pipeline *pipeline, struct arena *arena)
{
	const struct census *census = pipeline->census;
	struct objects objects = {0};

	for (size_t i = 0; i < census->local.count; i++)
		arena_push(arena, objects.pods, objects.pod_count,
			   *census_pod(census, census->local.items[i]));
	return objects;
}

struct objects pipeline_node_objects(struct pipeline *pipeline, struct arena *arena)
{
	return census_local_objects(pipeline->census, arena);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_shared(const void *a, const void *b)
{
	const struct pipeline_shared *x = a, *y = b;

	if (x->addr.family != y->addr.family)
		return x->addr.family < y->addr.family ? -1 : 1;
	return memcmp(x->addr.bytes, y->addr.bytes, sizeof(x->addr.bytes));
}

/* The names of the pods that have an address. */
static struct pipeline_shared owners_of(const struct census *census, struct arena *arena,
					size_t address)
{
	const struct number_list *owners = &census->owners[address];
	struct pipeline_shared shared = {.pods = NULL};

	memcpy(&shared.addr, census->addresses.keys[address].bytes, sizeof(shared.addr));
	for (size_t i = 0; i < owners->count; i++) {
		const struct pod *pod = census_pod(census, owners->items[i]);

		arena_push(arena, shared.pods, shared.pod_count,
			   arena_join(arena, pod->namespace, "/", pod->name, NULL));
	}
	if (shared.pod_count)
		qsort(shared.pods, shared.pod_count, sizeof(*shared.pods), compare_texts);
	return shared;
}

struct pipeline_shared pipeline_owners(const struct pipeline *pipeline, struct arena *arena,
				       const struct addr *addr)
{
	const struct census *census = pipeline->census;
	const uint32_t number = table_find(&census->addresses, addr, sizeof(*addr));

	return number == TABLE_NONE ? (struct pipeline_shared){.addr = *addr}
				    : owners_of(census, arena, number);
}

struct pipeline_shared *pipeline_shared(const struct pipeline *pipeline, struct arena *arena,
					size_t *count)
{
	const struct census *census = pipeline->census;
	struct pipeline_shared *shared = NULL;

	*count = 0;
	for (size_t i = 0; census->shared_count && i < census->owner_count; i++)
		if (census->owners[i].count > 1)
			arena_push(arena, shared, *count, owners_of(census, arena, i));
	if (*count)
		qsort(shared, *count, sizeof(*shared), compare_shared);
	return shared;
}
