/*
 * Keeps for each object the lists of what depends on it: the pods of a namespace, the pods at an
 * address, the policies that select a pod.  An event updates these lists, and so finds what it
 * affects.
 */
#include "pipeline/census.h"

#include "base/arena.h"
#include "base/bits.h"
#include "lower/sets.h"
#include "model/meaning.h"

struct census *census_new(struct arena *arena, const char *node)
{
	struct census *census = arena_alloc(arena, sizeof(*census));

	*census = (struct census){
		.arena = arena,
		.node = node,
		.addresses = {.arena = arena, .gives_back = true},
		.node_addresses = {.arena = arena, .gives_back = true},
	};
	store_init(&census->store, arena);
	identities_init(&census->identities, arena);
	census->own = selectors_new(arena, &census->identities);
	census->peers = selectors_new(arena, &census->identities);
	return census;
}

static void push(struct census *census, struct number_list *list, uint32_t number)
{
	if (list->count == list->size) {
		uint32_t *larger;

		list->size = list->size ? 2 * list->size : 1;
		larger = arena_array(census->arena, list->size, sizeof(*larger));
		if (list->count)
			memcpy(larger, list->items, list->count * sizeof(*larger));
		list->items = larger;
	}
	list->items[list->count++] = number;
}

/* Removes the entry at @at; the last entry moves there, and is returned. */
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

/* The list with this number, in an array of lists that grows. */
static struct number_list *list_at(struct census *census, struct number_list **lists, size_t *count,
				   uint32_t number)
{
	while (*count <= number)
		arena_push_alone(census->arena, *lists, *count, ((struct number_list){0}));
	return &(*lists)[number];
}

const struct pod *census_pod(const struct census *census, uint32_t number)
{
	return census->store.pods.items[number];
}

const struct policy *census_policy(const struct census *census, uint32_t number)
{
	return census->store.policies.items[number];
}

const struct cluster_policy *census_cluster_policy(const struct census *census, uint32_t number)
{
	return census->store.cluster_policies.items[number];
}

const struct cluster_node *census_node(const struct census *census, uint32_t number)
{
	return census->store.nodes.items[number];
}

uint32_t census_address(struct census *census, const struct addr *addr)
{
	uint32_t number = table_add(&census->addresses, addr, sizeof(*addr), NULL);

	list_at(census, &census->owners, &census->owner_count, number);
	return number;
}

const struct number_list *census_nodes_at(const struct census *census, const struct addr *addr)
{
	static const struct number_list none;
	const uint32_t number = table_find(&census->node_addresses, addr, sizeof(*addr));

	return number == TABLE_NONE ? &none : &census->node_owners[number];
}

/* The nodes that have the address. */
static struct number_list *nodes_at(struct census *census, const struct addr *addr)
{
	return list_at(census, &census->node_owners, &census->node_owner_count,
		       table_add(&census->node_addresses, addr, sizeof(*addr), NULL));
}

/* Updates the labels of a namespace. */
static void label_namespace(struct census *census, uint32_t number)
{
	struct labelled_namespace *of = &census->identities.namespaces[number];
	uint32_t object = store_find(&census->store.namespaces, "", of->name);
	const struct namespace *found =
		object == TABLE_NONE ? NULL : census->store.namespaces.items[object];
	struct objects *strings = &census->store.objects;
	struct label *own;

	if (found) {
		of->labels = found->labels;
		of->label_count = found->label_count;
		return;
	}
	own = arena_alloc(census->arena, sizeof(*own));
	own->key = objects_find(strings, NAMESPACE_NAME_LABEL);
	own->value = objects_intern(strings, of->name, strlen(of->name));
	of->labels = own;
	of->label_count = 1;
}

uint32_t census_namespace(struct census *census, const char *name)
{
	bool added;
	uint32_t number = identities_namespace(&census->identities, name, &added);

	if (added)
		label_namespace(census, number);
	return number;
}

static void relabel(struct census *census, const char *name)
{
	uint32_t number = census_namespace(census, name);

	label_namespace(census, number);
	selectors_namespace_changed(census->own, number);
	selectors_namespace_changed(census->peers, number);
}

void census_put_namespace(struct census *census, const struct objects *from,
			  const struct namespace *namespace)
{
	store_put_namespace(&census->store, from, namespace);
	relabel(census, namespace->name);
}

void census_drop_namespace(struct census *census, uint32_t number)
{
	const struct namespace *namespace = census->store.namespaces.items[number];

	store_drop(&census->store, &census->store.namespaces, number);
	relabel(census, namespace->name);
}

static void leave_identity(struct census *census, uint32_t number)
{
	const struct pod_place *place = &census->places[number];
	uint32_t moved = take_out(&census->pods_of[place->identity], place->at);

	census->places[moved].at = place->at;
}

static void enter_identity(struct census *census, uint32_t number, uint32_t identity)
{
	struct number_list *list =
		list_at(census, &census->pods_of, &census->pods_of_count, identity);
	struct pod_place *place = &census->places[number];

	place->identity = identity;
	place->at = (uint32_t)list->count;
	push(census, list, number);
}

/* Takes a pod out of all lists. */
static void unlist(struct census *census, uint32_t number)
{
	const struct pod *pod = census_pod(census, number);
	const struct pod_place *place = &census->places[number];
	uint32_t moved;

	leave_identity(census, number);
	for (size_t i = 0; i < pod->addr_count; i++) {
		struct number_list *owners =
			&census->owners[census_address(census, &pod->addrs[i])];

		take_number(owners, number);
		census->shared_count -= owners->count == 1;
	}
	if (!pod_is_enforced(pod, census->node))
		return;
	moved = take_out(&census->local, place->local_at);
	census->places[moved].local_at = place->local_at;
}

static uint32_t identity_of(struct census *census, const struct pod *pod)
{
	return identities_of(&census->identities, census_namespace(census, pod->namespace), pod);
}

static void enlist(struct census *census, uint32_t number)
{
	const struct pod *pod = census_pod(census, number);

	while (census->place_count <= number)
		arena_push_alone(census->arena, census->places, census->place_count,
				 ((struct pod_place){0}));
	enter_identity(census, number, identity_of(census, pod));
	for (size_t i = 0; i < pod->addr_count; i++) {
		uint32_t address = census_address(census, &pod->addrs[i]);

		push(census, &census->owners[address], number);
		census->shared_count += census->owners[address].count == 2;
	}
	if (!pod_is_enforced(pod, census->node))
		return;
	census->places[number].local_at = (uint32_t)census->local.count;
	push(census, &census->local, number);
}

uint32_t census_put_pod(struct census *census, const struct objects *from, const struct pod *pod)
{
	uint32_t number = store_find(&census->store.pods, pod->namespace, pod->name);

	if (number != TABLE_NONE)
		unlist(census, number);
	number = store_put_pod(&census->store, from, pod);
	enlist(census, number);
	return number;
}

void census_drop_pod(struct census *census, uint32_t number)
{
	unlist(census, number);
	store_drop(&census->store, &census->store.pods, number);
}

bool census_identify(struct census *census)
{
	if (!census->must_identify)
		return false;
	census->must_identify = false;
	for (uint32_t i = 0; i < census->store.pods.count; i++) {
		const struct pod *pod = census_pod(census, i);
		uint32_t identity;

		if (!pod)
			continue;
		identity = identity_of(census, pod);
		if (identity == census->places[i].identity)
			continue;
		leave_identity(census, i);
		enter_identity(census, i, identity);
	}
	return true;
}

static bool has_items(const struct number_list *lists, size_t count, uint32_t selector)
{
	return selector < count && lists[selector].count;
}

bool census_has_policies(const struct census *census, uint32_t identity)
{
	size_t count;
	const uint32_t *own = selectors_of(census->own, identity, &count);

	for (size_t i = 0; i < count; i++)
		if (has_items(census->policies_of, census->policies_of_count, own[i]) ||
		    has_items(census->cluster_policies_of, census->cluster_policies_of_count,
			      own[i]))
			return true;
	return false;
}

void census_put_policy(struct census *census, const struct objects *from,
		       const struct policy *policy)
{
	uint32_t number = store_find(&census->store.policies, policy->namespace, policy->name);
	const struct policy *kept;
	uint32_t own;

	if (number != TABLE_NONE)
		take_number(&census->policies_of[census->own_of[number]], number);
	number = store_put_policy(&census->store, from, policy);
	kept = census_policy(census, number);
	census->must_identify |= identities_ask_policy(&census->identities, kept);
	own = selectors_add(census->own, census_namespace(census, kept->namespace), NULL,
			    kept->pods);
	while (census->own_of_count <= number)
		arena_push(census->arena, census->own_of, census->own_of_count, 0);
	census->own_of[number] = own;
	push(census, list_at(census, &census->policies_of, &census->policies_of_count, own),
	     number);
}

void census_drop_policy(struct census *census, uint32_t number)
{
	take_number(&census->policies_of[census->own_of[number]], number);
	store_drop(&census->store, &census->store.policies, number);
}

/* Takes a cluster policy out of the list of its subject. */
static void unlist_cluster_policy(struct census *census, uint32_t number)
{
	if (census->cluster_own_of[number] != TABLE_NONE)
		take_number(&census->cluster_policies_of[census->cluster_own_of[number]], number);
}

void census_put_cluster_policy(struct census *census, const struct objects *from,
			       const struct cluster_policy *policy)
{
	uint32_t number = store_find(&census->store.cluster_policies, "", policy->name);
	const struct cluster_policy *kept;
	uint32_t own = TABLE_NONE;

	if (number != TABLE_NONE)
		unlist_cluster_policy(census, number);
	number = store_put_cluster_policy(&census->store, from, policy);
	kept = census_cluster_policy(census, number);
	census->must_identify |= identities_ask_cluster_policy(&census->identities, kept);
	while (census->cluster_own_of_count <= number)
		arena_push(census->arena, census->cluster_own_of, census->cluster_own_of_count,
			   TABLE_NONE);
	if (!kept->selects_nothing) {
		own = selectors_add(census->own, 0, kept->namespaces, kept->pods);
		push(census,
		     list_at(census, &census->cluster_policies_of,
			     &census->cluster_policies_of_count, own),
		     number);
	}
	census->cluster_own_of[number] = own;
}

void census_drop_cluster_policy(struct census *census, uint32_t number)
{
	unlist_cluster_policy(census, number);
	store_drop(&census->store, &census->store.cluster_policies, number);
}

/* Takes a node out of the lists of its addresses. */
static void unlist_node(struct census *census, uint32_t number)
{
	const struct cluster_node *node = census_node(census, number);

	for (size_t i = 0; i < node->addr_count; i++)
		take_number(nodes_at(census, &node->addrs[i]), number);
}

void census_put_node(struct census *census, const struct objects *from,
		     const struct cluster_node *node)
{
	uint32_t number = store_find(&census->store.nodes, "", node->name);
	const struct cluster_node *kept;

	if (number != TABLE_NONE)
		unlist_node(census, number);
	number = store_put_node(&census->store, from, node);
	kept = census_node(census, number);
	while (census->node_name_count <= number)
		arena_push(census->arena, census->node_names, census->node_name_count, NULL);
	if (!census->node_names[number])
		census->node_names[number] = lower_node_name(census->arena, kept->name);
	for (size_t i = 0; i < kept->addr_count; i++)
		push(census, nodes_at(census, &kept->addrs[i]), number);
}

void census_drop_node(struct census *census, uint32_t number)
{
	unlist_node(census, number);
	store_drop(&census->store, &census->store.nodes, number);
}

bool census_selects_local(const struct census *census, const struct policy *policy)
{
	for (size_t i = 0; i < census->local.count; i++)
		if (policy_selects(policy, census_pod(census, census->local.items[i])))
			return true;
	return false;
}

bool census_cluster_selects_local(const struct census *census, const struct cluster_policy *policy)
{
	const struct identities *identities = &census->identities;

	for (size_t i = 0; i < census->local.count; i++) {
		const uint32_t number = census->local.items[i];
		const struct identity *identity =
			&identities->items[census->places[number].identity];
		const struct labelled_namespace *namespace =
			&identities->namespaces[identity->namespace];

		if (cluster_policy_means_in(policy, census_pod(census, number), namespace->labels,
					    namespace->label_count))
			return true;
	}
	return false;
}

bool census_has_local_in(const struct census *census, uint32_t namespace)
{
	for (size_t i = 0; i < census->local.count; i++) {
		const uint32_t identity = census->places[census->local.items[i]].identity;

		if (census->identities.items[identity].namespace == namespace)
			return true;
	}
	return false;
}

/* The policies that select an enforced pod. */
struct wanted_here {
	struct bits policies, cluster_policies;
};

/* Adds the policies of the selector with this number, if it has a list. */
static void want(struct bits *wanted, const struct number_list *lists, size_t count,
		 uint32_t selector)
{
	for (size_t i = 0; selector < count && i < lists[selector].count; i++)
		bits_set(wanted, lists[selector].items[i]);
}

static struct wanted_here find_wanted(struct census *census, struct arena *arena)
{
	struct wanted_here wanted = {bits_new(arena, census->store.policies.count),
				     bits_new(arena, census->store.cluster_policies.count)};
	struct bits seen = bits_new(arena, census->identities.count);

	for (size_t i = 0; i < census->local.count; i++) {
		uint32_t identity = census->places[census->local.items[i]].identity;
		const uint32_t *own;
		size_t count;

		if (bits_has(&seen, identity))
			continue;
		bits_set(&seen, identity);
		own = selectors_of(census->own, identity, &count);
		for (size_t k = 0; k < count; k++) {
			want(&wanted.policies, census->policies_of, census->policies_of_count,
			     own[k]);
			want(&wanted.cluster_policies, census->cluster_policies_of,
			     census->cluster_policies_of_count, own[k]);
		}
	}
	return wanted;
}

struct objects census_local_objects(struct census *census, struct arena *arena)
{
	const struct wanted_here wanted = find_wanted(census, arena);
	struct objects objects = census->store.objects;

	if (!census->node)
		return store_objects(&census->store, arena);
	for (size_t i = 0; i < census->local.count; i++)
		arena_push(arena, objects.pods, objects.pod_count,
			   *census_pod(census, census->local.items[i]));
	for (uint32_t i = 0; i < wanted.policies.size; i++)
		if (bits_has(&wanted.policies, i))
			arena_push(arena, objects.policies, objects.policy_count,
				   store_policy_now(census_policy(census, i)));
	for (uint32_t i = 0; i < wanted.cluster_policies.size; i++)
		if (bits_has(&wanted.cluster_policies, i))
			arena_push(
				arena, objects.cluster_policies, objects.cluster_policy_count,
				store_cluster_policy_now(arena, census_cluster_policy(census, i)));
	for (uint32_t i = 0; objects.cluster_policy_count && i < census->store.namespaces.count;
	     i++)
		if (census->store.namespaces.items[i])
			arena_push(arena, objects.namespaces, objects.namespace_count,
				   *(const struct namespace *)census->store.namespaces.items[i]);
	store_sort(&objects);
	return objects;
}

struct census *census_renewed(const struct census *census, struct arena *arena)
{
	struct census *renewed = census_new(arena, census->node);
	const struct store *from = &census->store;
	struct store *to = &renewed->store;

	for (uint32_t i = 0; i < from->policies.count; i++)
		if (from->policies.items[i])
			census_put_policy(renewed, &from->objects, from->policies.items[i]);
	for (uint32_t i = 0; i < from->cluster_policies.count; i++)
		if (from->cluster_policies.items[i])
			census_put_cluster_policy(renewed, &from->objects,
						  from->cluster_policies.items[i]);
	for (uint32_t i = 0; i < from->nodes.count; i++)
		if (from->nodes.items[i])
			census_put_node(renewed, &from->objects, from->nodes.items[i]);
	for (uint32_t i = 0; i < from->namespaces.count; i++)
		if (from->namespaces.items[i])
			census_put_namespace(renewed, &from->objects, from->namespaces.items[i]);
	for (uint32_t i = 0; i < from->pods.count; i++)
		if (from->pods.items[i])
			census_put_pod(renewed, &from->objects, from->pods.items[i]);
	store_list_alike(&to->policies, &from->policies);
	store_list_alike(&to->cluster_policies, &from->cluster_policies);
	store_list_alike(&to->nodes, &from->nodes);
	store_list_alike(&to->namespaces, &from->namespaces);
	store_list_alike(&to->pods, &from->pods);
	return renewed;
}
