/* A cluster as policies see it.  See pipeline/cluster.h. */
#include "pipeline/cluster.h"

#include "base/arena.h"
#include "base/bits.h"
#include "model/selector.h"

void cluster_init(struct cluster *cluster, struct arena *arena, const char *node)
{
	*cluster = (struct cluster){.arena = arena, .node = node, .addresses.arena = arena};
	store_init(&cluster->store, arena);
	identities_init(&cluster->identities, arena);
	cluster->own = selectors_new(arena, &cluster->identities);
	cluster->peers = selectors_new(arena, &cluster->identities);
}

static void push(struct cluster *cluster, struct number_list *list, uint32_t number)
{
	if (list->count == list->size) {
		uint32_t *larger;

		list->size = list->size ? 2 * list->size : 1;
		larger = arena_array(cluster->arena, list->size, sizeof(*larger));
		if (list->count)
			memcpy(larger, list->items, list->count * sizeof(*larger));
		list->items = larger;
	}
	list->items[list->count++] = number;
}

/* Takes the entry out; the last takes its place, which is returned. */
static uint32_t take_out(struct number_list *list, size_t at)
{
	return list->items[at] = list->items[--list->count];
}

static void take_number(struct number_list *list, uint32_t number)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == number) {
			take_out(list, i);
			return;
		}
}

/* The list with the number in a growing array of lists. */
static struct number_list *list_at(struct cluster *cluster, struct number_list **lists,
				   size_t *count, uint32_t number)
{
	while (*count <= number)
		arena_push(cluster->arena, *lists, *count, ((struct number_list){0}));
	return &(*lists)[number];
}

const struct pod *cluster_pod(const struct cluster *cluster, uint32_t number)
{
	return cluster->store.pods.items[number];
}

const struct policy *cluster_policy(const struct cluster *cluster, uint32_t number)
{
	return cluster->store.policies.items[number];
}

uint32_t cluster_address(struct cluster *cluster, const struct addr *addr)
{
	uint32_t number = table_add(&cluster->addresses, addr, sizeof(*addr), NULL);

	list_at(cluster, &cluster->owners, &cluster->owner_count, number);
	return number;
}

/* The labels of a namespace as they are now. */
static void label_namespace(struct cluster *cluster, uint32_t number)
{
	struct labelled_namespace *of = &cluster->identities.namespaces[number];
	uint32_t object = store_find(&cluster->store.namespaces, "", of->name);
	const struct namespace *found =
		object == TABLE_NONE ? NULL : cluster->store.namespaces.items[object];
	struct objects *strings = &cluster->store.objects;
	struct label *own;

	if (found) {
		of->labels = found->labels;
		of->label_count = found->label_count;
		return;
	}
	own = arena_alloc(cluster->arena, sizeof(*own));
	own->key = objects_find(strings, NAMESPACE_NAME_LABEL);
	own->value = objects_intern(strings, of->name, strlen(of->name));
	of->labels = own;
	of->label_count = 1;
}

uint32_t cluster_namespace(struct cluster *cluster, const char *name)
{
	bool added;
	uint32_t number = identities_namespace(&cluster->identities, name, &added);

	if (added)
		label_namespace(cluster, number);
	return number;
}

static void relabel(struct cluster *cluster, const char *name)
{
	uint32_t number = cluster_namespace(cluster, name);

	label_namespace(cluster, number);
	selectors_namespace_changed(cluster->own, number);
	selectors_namespace_changed(cluster->peers, number);
}

void cluster_put_namespace(struct cluster *cluster, const struct objects *from,
			   const struct namespace *namespace)
{
	store_put_namespace(&cluster->store, from, namespace);
	relabel(cluster, namespace->name);
}

void cluster_drop_namespace(struct cluster *cluster, uint32_t number)
{
	const struct namespace *namespace = cluster->store.namespaces.items[number];

	store_drop(&cluster->store, &cluster->store.namespaces, number);
	relabel(cluster, namespace->name);
}

static void leave_identity(struct cluster *cluster, uint32_t number)
{
	const struct pod_place *place = &cluster->places[number];
	uint32_t moved = take_out(&cluster->pods_of[place->identity], place->at);

	cluster->places[moved].at = place->at;
}

static void enter_identity(struct cluster *cluster, uint32_t number, uint32_t identity)
{
	struct number_list *list =
		list_at(cluster, &cluster->pods_of, &cluster->pods_of_count, identity);
	struct pod_place *place = &cluster->places[number];

	place->identity = identity;
	place->at = (uint32_t)list->count;
	push(cluster, list, number);
}

/* Takes a pod out of all lists. */
static void unlist(struct cluster *cluster, uint32_t number)
{
	const struct pod *pod = cluster_pod(cluster, number);
	const struct pod_place *place = &cluster->places[number];
	uint32_t moved;

	leave_identity(cluster, number);
	for (size_t i = 0; i < pod->addr_count; i++)
		take_number(&cluster->owners[cluster_address(cluster, &pod->addrs[i])], number);
	if (!pod_is_enforced(pod, cluster->node))
		return;
	moved = take_out(&cluster->local, place->local_at);
	cluster->places[moved].local_at = place->local_at;
}

static uint32_t identity_of(struct cluster *cluster, const struct pod *pod)
{
	return identities_of(&cluster->identities, cluster_namespace(cluster, pod->namespace), pod);
}

static void enlist(struct cluster *cluster, uint32_t number)
{
	const struct pod *pod = cluster_pod(cluster, number);

	while (cluster->place_count <= number)
		arena_push(cluster->arena, cluster->places, cluster->place_count,
			   ((struct pod_place){0}));
	enter_identity(cluster, number, identity_of(cluster, pod));
	for (size_t i = 0; i < pod->addr_count; i++) {
		uint32_t address = cluster_address(cluster, &pod->addrs[i]);

		push(cluster, &cluster->owners[address], number);
	}
	if (!pod_is_enforced(pod, cluster->node))
		return;
	cluster->places[number].local_at = (uint32_t)cluster->local.count;
	push(cluster, &cluster->local, number);
}

uint32_t cluster_put_pod(struct cluster *cluster, const struct objects *from, const struct pod *pod)
{
	uint32_t number = store_find(&cluster->store.pods, pod->namespace, pod->name);

	if (number != TABLE_NONE)
		unlist(cluster, number);
	number = store_put_pod(&cluster->store, from, pod);
	enlist(cluster, number);
	return number;
}

void cluster_drop_pod(struct cluster *cluster, uint32_t number)
{
	unlist(cluster, number);
	store_drop(&cluster->store, &cluster->store.pods, number);
}

/* Pods may be told apart by more than before. */
static void identify_again(struct cluster *cluster)
{
	for (uint32_t i = 0; i < cluster->store.pods.count; i++) {
		const struct pod *pod = cluster_pod(cluster, i);
		uint32_t identity;

		if (!pod)
			continue;
		identity = identity_of(cluster, pod);
		if (identity == cluster->places[i].identity)
			continue;
		leave_identity(cluster, i);
		enter_identity(cluster, i, identity);
	}
}

void cluster_put_policy(struct cluster *cluster, const struct objects *from,
			const struct policy *policy)
{
	uint32_t number = store_find(&cluster->store.policies, policy->namespace, policy->name);
	const struct policy *kept;
	uint32_t own;

	if (number != TABLE_NONE)
		take_number(&cluster->policies_of[cluster->own_of[number]], number);
	number = store_put_policy(&cluster->store, from, policy);
	kept = cluster_policy(cluster, number);
	if (identities_ask_policy(&cluster->identities, kept))
		identify_again(cluster);
	own = selectors_add(cluster->own, cluster_namespace(cluster, kept->namespace), NULL,
			    kept->pods);
	while (cluster->own_of_count <= number)
		arena_push(cluster->arena, cluster->own_of, cluster->own_of_count, 0);
	cluster->own_of[number] = own;
	push(cluster, list_at(cluster, &cluster->policies_of, &cluster->policies_of_count, own),
	     number);
}

void cluster_drop_policy(struct cluster *cluster, uint32_t number)
{
	take_number(&cluster->policies_of[cluster->own_of[number]], number);
	store_drop(&cluster->store, &cluster->store.policies, number);
}

bool cluster_selects_local(const struct cluster *cluster, const struct policy *policy)
{
	for (size_t i = 0; i < cluster->local.count; i++)
		if (policy_selects(policy, cluster_pod(cluster, cluster->local.items[i])))
			return true;
	return false;
}

/* The policies that select a pod which is enforced. */
static struct bits find_wanted(struct cluster *cluster, struct arena *arena)
{
	struct bits wanted = bits_new(arena, cluster->store.policies.count);
	struct bits seen = bits_new(arena, cluster->identities.count);

	for (size_t i = 0; i < cluster->local.count; i++) {
		uint32_t identity = cluster->places[cluster->local.items[i]].identity;
		const uint32_t *own;
		size_t count;

		if (bits_has(&seen, identity))
			continue;
		bits_set(&seen, identity);
		own = selectors_of(cluster->own, identity, &count);
		for (size_t k = 0; k < count; k++)
			for (size_t n = 0; n < cluster->policies_of[own[k]].count; n++)
				bits_set(&wanted, cluster->policies_of[own[k]].items[n]);
	}
	return wanted;
}

struct objects cluster_local_objects(struct cluster *cluster, struct arena *arena)
{
	const struct bits wanted = find_wanted(cluster, arena);
	struct objects objects = cluster->store.objects;

	if (!cluster->node)
		return store_objects(&cluster->store, arena);
	for (size_t i = 0; i < cluster->local.count; i++)
		arena_push(arena, objects.pods, objects.pod_count,
			   *cluster_pod(cluster, cluster->local.items[i]));
	for (uint32_t i = 0; i < wanted.size; i++)
		if (bits_has(&wanted, i))
			arena_push(arena, objects.policies, objects.policy_count,
				   *cluster_policy(cluster, i));
	store_sort(&objects);
	return objects;
}
