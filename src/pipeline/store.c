/*
 * Copies what is kept of objects, since the objects of an event live only as long as the event.
 * The space of copies that are replaced is not given back, but counted, so that the pipeline knows
 * when to begin anew.
 */
#include "pipeline/store.h"

#include "base/arena.h"

#include <stdlib.h>

void store_init(struct store *store, struct arena *arena)
{
	*store = (struct store){
		.objects = {.arena = arena, .strings.arena = arena},
		.pods.keys = {.arena = arena, .gives_back = true},
		.namespaces.keys = {.arena = arena, .gives_back = true},
		.policies.keys = {.arena = arena, .gives_back = true},
		.cluster_policies.keys = {.arena = arena, .gives_back = true},
		.nodes.keys = {.arena = arena, .gives_back = true},
	};
	/* The label of a namespace without an object is made of these texts. */
	objects_intern(&store->objects, NAMESPACE_NAME_LABEL, strlen(NAMESPACE_NAME_LABEL));
}

/* From whose strings to which store is copied. */
struct copying {
	struct store *store;
	const struct objects *from;
};

static uint32_t copy_string(const struct copying *copying, uint32_t number)
{
	const char *text = copying->from->string_of[number];

	return objects_intern(&copying->store->objects, text, strlen(text));
}

/*
 * Copies a text of which there are few different ones, such as the name of a namespace or node,
 * only once.
 */
static const char *copy_name(const struct copying *copying, const char *name)
{
	struct objects *to = &copying->store->objects;
	const uint32_t number = objects_intern(to, name, strlen(name));

	return to->string_of[number];
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static struct label *copy_labels(const struct copying *copying, const struct label *labels,
				 size_t count)
{
	struct label *copies = arena_array(copying->store->objects.arena, count, sizeof(*copies));

	for (size_t i = 0; i < count; i++)
		copies[i] = (struct label){copy_string(copying, labels[i].key),
					   copy_string(copying, labels[i].value)};
	if (count)
		qsort(copies, count, sizeof(*copies), compare_labels);
	return copies;
}

static void *copy_array(const struct copying *copying, const void *items, size_t count, size_t size)
{
	void *copies = arena_array(copying->store->objects.arena, count, size);

	if (count)
		memcpy(copies, items, count * size);
	return copies;
}

static const struct selector *copy_selector(const struct copying *copying,
					    const struct selector *selector)
{
	struct selector *copy;

	if (!selector)
		return NULL;
	copy = copy_array(copying, selector, 1, sizeof(*selector));
	copy->requirements = copy_array(copying, selector->requirements, selector->count,
					sizeof(*selector->requirements));
	for (size_t i = 0; i < copy->count; i++) {
		struct requirement *requirement = &copy->requirements[i];

		requirement->key = copy_string(copying, requirement->key);
		requirement->values = copy_array(copying, requirement->values, requirement->count,
						 sizeof(*requirement->values));
		for (size_t k = 0; k < requirement->count; k++)
			requirement->values[k] = copy_string(copying, requirement->values[k]);
	}
	return copy;
}

static struct peer *copy_peers(const struct copying *copying, const struct peer *peers,
			       size_t count)
{
	struct peer *copies = copy_array(copying, peers, count, sizeof(*peers));

	for (size_t i = 0; i < count; i++) {
		copies[i].mark = (struct mark){0};
		copies[i].namespaces = copy_selector(copying, peers[i].namespaces);
		copies[i].pods = copy_selector(copying, peers[i].pods);
		copies[i].excepts = copy_array(copying, peers[i].excepts, peers[i].except_count,
					       sizeof(*peers[i].excepts));
		copies[i].nodes = copy_selector(copying, peers[i].nodes);
		if (copies[i].domain)
			copies[i].domain = copy_name(copying, copies[i].domain);
	}
	return copies;
}

static struct port *copy_ports(const struct copying *copying, const struct port *ports,
			       size_t count)
{
	struct port *copies = copy_array(copying, ports, count, sizeof(*ports));

	for (size_t i = 0; i < count; i++) {
		copies[i].mark = (struct mark){0};
		if (copies[i].name)
			copies[i].name = copy_name(copying, copies[i].name);
	}
	return copies;
}

static struct policy_rule *copy_rules(const struct copying *copying,
				      const struct policy_rule *rules, size_t count)
{
	struct policy_rule *copies = copy_array(copying, rules, count, sizeof(*rules));

	for (size_t i = 0; i < count; i++) {
		copies[i].mark = (struct mark){0};
		copies[i].peers = copy_peers(copying, rules[i].peers, rules[i].peer_count);
		copies[i].ports = copy_ports(copying, rules[i].ports, rules[i].port_count);
	}
	return copies;
}

static struct tier_rule *copy_tier_rules(const struct copying *copying,
					 const struct tier_rule *rules, size_t count)
{
	struct tier_rule *copies = copy_array(copying, rules, count, sizeof(*rules));

	for (size_t i = 0; i < count; i++) {
		copies[i].mark = (struct mark){0};
		copies[i].name = copy_name(copying, rules[i].name);
		copies[i].peers = copy_peers(copying, rules[i].peers, rules[i].peer_count);
		copies[i].ports = copy_ports(copying, rules[i].ports, rules[i].port_count);
	}
	return copies;
}

/* The number of a key, which may be new; @name is set to its place in the key. */
static uint32_t number_of(struct store *store, struct shelf *shelf, const char *namespace,
			  const char **name)
{
	struct arena *arena = store->objects.arena;
	const size_t before = *namespace ? strlen(namespace) + 1 : 0, len = before + strlen(*name);
	char small[512], *key = len < sizeof(small) ? small : arena_alloc(arena, len + 1);
	uint32_t number;
	bool added;

	if (before)
		stpcpy(stpcpy(key, namespace), "/");
	strcpy(key + before, *name);
	number = table_add(&shelf->keys, key, len, &added);
	if (added) {
		size_t count = shelf->count;

		arena_push_alone(arena, shelf->items, count, NULL);
		arena_push_alone(arena, shelf->seen, shelf->count, 0);
	}
	*name = shelf->keys.keys[number].bytes + before;
	return number;
}

/* How many bytes a copy takes, roughly, for store->waste. */
#define COPY_BYTES 256

static void put(struct store *store, struct shelf *shelf, uint32_t number, void *item)
{
	if (shelf->items[number])
		store->waste += COPY_BYTES;
	else
		shelf->present++;
	shelf->items[number] = item;
	shelf->seen[number] = shelf->list;
}

uint32_t store_put_pod(struct store *store, const struct objects *from, const struct pod *pod)
{
	const struct copying copying = {store, from};
	const char *name = pod->name;
	uint32_t number = number_of(store, &store->pods, pod->namespace, &name);
	struct pod *copy = arena_alloc(store->objects.arena, sizeof(*copy));

	*copy = (struct pod){
		.namespace = copy_name(&copying, pod->namespace),
		.name = name,
		.node = copy_name(&copying, pod->node),
		.labels = copy_labels(&copying, pod->labels, pod->label_count),
		.label_count = pod->label_count,
		.addrs = copy_array(&copying, pod->addrs, pod->addr_count, sizeof(*pod->addrs)),
		.addr_count = pod->addr_count,
		.ports = copy_array(&copying, pod->ports, pod->port_count, sizeof(*pod->ports)),
		.port_count = pod->port_count,
	};
	for (size_t i = 0; i < copy->port_count; i++)
		copy->ports[i].name = copy_name(&copying, copy->ports[i].name);
	put(store, &store->pods, number, copy);
	return number;
}

uint32_t store_put_namespace(struct store *store, const struct objects *from,
			     const struct namespace *namespace)
{
	const struct copying copying = {store, from};
	const char *name = namespace->name;
	uint32_t number = number_of(store, &store->namespaces, "", &name);
	struct namespace *copy = arena_alloc(store->objects.arena, sizeof(*copy));

	*copy = (struct namespace){
		.name = copy_name(&copying, name),
		.labels = copy_labels(&copying, namespace->labels, namespace->label_count),
		.label_count = namespace->label_count,
	};
	put(store, &store->namespaces, number, copy);
	return number;
}

uint32_t store_put_policy(struct store *store, const struct objects *from,
			  const struct policy *policy)
{
	const struct copying copying = {store, from};
	const char *name = policy->name;
	uint32_t number = number_of(store, &store->policies, policy->namespace, &name);
	struct policy *copy = arena_alloc(store->objects.arena, sizeof(*copy));

	*copy = *policy;
	copy->namespace = copy_name(&copying, policy->namespace);
	copy->name = name;
	copy->mark = (struct mark){0};
	copy->pods = copy_selector(&copying, policy->pods);
	/* objects_share() may ask for these texts when no more can be added. */
	objects_intern(&store->objects, NAMESPACE_NAME_LABEL, strlen(NAMESPACE_NAME_LABEL));
	objects_intern(&store->objects, copy->namespace, strlen(copy->namespace));
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		copy->rules[direction] = copy_rules(&copying, policy->rules[direction],
						    policy->rule_count[direction]);
	copy->ignore = NULL;
	put(store, &store->policies, number, copy);
	return number;
}

uint32_t store_put_cluster_policy(struct store *store, const struct objects *from,
				  const struct cluster_policy *policy)
{
	const struct copying copying = {store, from};
	const char *name = policy->name;
	uint32_t number = number_of(store, &store->cluster_policies, "", &name);
	struct cluster_policy *copy = arena_alloc(store->objects.arena, sizeof(*copy));

	*copy = *policy;
	copy->name = name;
	copy->mark = (struct mark){0};
	copy->namespaces = copy_selector(&copying, policy->namespaces);
	copy->pods = copy_selector(&copying, policy->pods);
	for (enum direction direction = INGRESS; direction < DIRECTIONS; direction++)
		copy->rules[direction] = copy_tier_rules(&copying, policy->rules[direction],
							 policy->rule_count[direction]);
	put(store, &store->cluster_policies, number, copy);
	return number;
}

uint32_t store_put_node(struct store *store, const struct objects *from,
			const struct cluster_node *node)
{
	const struct copying copying = {store, from};
	const char *name = node->name;
	uint32_t number = number_of(store, &store->nodes, "", &name);
	struct cluster_node *copy = arena_alloc(store->objects.arena, sizeof(*copy));

	*copy = (struct cluster_node){
		.name = name,
		.labels = copy_labels(&copying, node->labels, node->label_count),
		.label_count = node->label_count,
		.addrs = copy_array(&copying, node->addrs, node->addr_count, sizeof(*node->addrs)),
		.addr_count = node->addr_count,
	};
	put(store, &store->nodes, number, copy);
	return number;
}

uint32_t store_find(const struct shelf *shelf, const char *namespace, const char *name)
{
	const size_t before = *namespace ? strlen(namespace) + 1 : 0, len = before + strlen(name);
	char key[1024];
	uint32_t number;

	/* No object has such a long name: the API server allows 253 characters. */
	if (len >= sizeof(key))
		return TABLE_NONE;
	if (before)
		stpcpy(stpcpy(key, namespace), "/");
	strcpy(key + before, name);
	number = table_find(&shelf->keys, key, len);
	return number != TABLE_NONE && shelf->items[number] ? number : TABLE_NONE;
}

void store_see(struct shelf *shelf, uint32_t number)
{
	shelf->seen[number] = shelf->list;
}

void store_drop(struct store *store, struct shelf *shelf, uint32_t number)
{
	shelf->items[number] = NULL;
	shelf->present--;
	store->waste += COPY_BYTES;
}

size_t store_bytes(const struct store *store)
{
	return COPY_BYTES *
	       (store->pods.present + store->namespaces.present + store->policies.present +
		store->cluster_policies.present + store->nodes.present);
}

void store_list_alike(struct shelf *shelf, const struct shelf *other)
{
	shelf->list = other->list;
	for (size_t i = 0; i < shelf->count; i++) {
		const struct table_key *key = &shelf->keys.keys[i];

		shelf->seen[i] = other->seen[table_find(&other->keys, key->bytes, key->len)];
	}
}

static int compare_names(const char *a_namespace, const char *a, const char *b_namespace,
			 const char *b)
{
	int order = strcmp(a_namespace, b_namespace);

	return order ? order : strcmp(a, b);
}

static int compare_policies(const void *a, const void *b)
{
	const struct policy *x = a, *y = b;

	return compare_names(x->namespace, x->name, y->namespace, y->name);
}

static int compare_namespaces(const void *a, const void *b)
{
	return strcmp(((const struct namespace *)a)->name, ((const struct namespace *)b)->name);
}

static int compare_cluster_policies(const void *a, const void *b)
{
	const struct cluster_policy *x = a, *y = b;
	int order = (int)x->tier - (int)y->tier;

	if (!order)
		order = (int)x->priority - (int)y->priority;
	return order ? order : strcmp(x->name, y->name);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct cluster_node *)a)->name,
		      ((const struct cluster_node *)b)->name);
}

static bool same_ports(const struct pod *a, const struct pod *b)
{
	for (size_t i = 0; i < a->port_count; i++)
		if (a->ports[i].protocol != b->ports[i].protocol ||
		    a->ports[i].number != b->ports[i].number ||
		    strcmp(a->ports[i].name, b->ports[i].name) != 0)
			return false;
	return true;
}

/* An object's labels, as numbers of strings. */
struct labels {
	const struct label *items;
	size_t count;
};

static const struct label *find_label(struct labels labels, uint32_t key)
{
	for (size_t i = 0; i < labels.count; i++)
		if (labels.items[i].key == key)
			return &labels.items[i];
	return NULL;
}

/* Are the labels the same, although they are numbers of different strings? */
static bool same_labels(const struct store *store, struct labels kept, const struct objects *from,
			struct labels labels)
{
	if (kept.count != labels.count)
		return false;
	for (size_t i = 0; i < labels.count; i++) {
		const char *key = from->string_of[labels.items[i].key];
		const char *value = from->string_of[labels.items[i].value];
		const struct label *label = find_label(kept, objects_find(&store->objects, key));

		if (!label || strcmp(store->objects.string_of[label->value], value) != 0)
			return false;
	}
	return true;
}

static bool same_addrs(const struct addr *a, size_t a_count, const struct addr *b, size_t b_count)
{
	return a_count == b_count && (!a_count || !memcmp(a, b, a_count * sizeof(*a)));
}

void store_sort(struct objects *objects)
{
	if (objects->pod_count)
		qsort(objects->pods, objects->pod_count, sizeof(struct pod), pod_compare);
	if (objects->namespace_count)
		qsort(objects->namespaces, objects->namespace_count, sizeof(struct namespace),
		      compare_namespaces);
	if (objects->policy_count)
		qsort(objects->policies, objects->policy_count, sizeof(struct policy),
		      compare_policies);
	if (objects->cluster_policy_count)
		qsort(objects->cluster_policies, objects->cluster_policy_count,
		      sizeof(struct cluster_policy), compare_cluster_policies);
	if (objects->node_count)
		qsort(objects->nodes, objects->node_count, sizeof(struct cluster_node),
		      compare_nodes);
}

/* The current objects in an array. */
static void *all_of(struct arena *arena, const struct shelf *shelf, size_t size, size_t *count)
{
	char *items = arena_array(arena, shelf->present, size);

	*count = 0;
	for (size_t i = 0; i < shelf->count; i++)
		if (shelf->items[i])
			memcpy(items + size * (*count)++, shelf->items[i], size);
	return items;
}

struct policy store_policy_now(const struct policy *policy)
{
	struct policy now = *policy;

	for (enum direction direction = INGRESS; now.is_closed && direction < DIRECTIONS;
	     direction++)
		now.rule_count[direction] = 0;
	return now;
}

struct cluster_policy store_cluster_policy_now(struct arena *arena,
					       const struct cluster_policy *policy)
{
	struct cluster_policy now = *policy;

	for (enum direction direction = INGRESS; now.is_closed && direction < DIRECTIONS;
	     direction++) {
		now.rules[direction] =
			arena_array(arena, now.rule_count[direction], sizeof(struct tier_rule));
		for (size_t i = 0; i < now.rule_count[direction]; i++) {
			const struct tier_rule *rule = &policy->rules[direction][i];

			now.rules[direction][i] =
				(struct tier_rule){.mark = rule->mark,
						   .name = rule->name,
						   .action = rule->action,
						   .is_closed = true,
						   .names_domains = rule->names_domains};
		}
	}
	return now;
}

struct objects store_objects(const struct store *store, struct arena *arena)
{
	struct objects objects = store->objects;

	objects.arena = arena;
	objects.pods = all_of(arena, &store->pods, sizeof(struct pod), &objects.pod_count);
	objects.namespaces = all_of(arena, &store->namespaces, sizeof(struct namespace),
				    &objects.namespace_count);
	objects.policies =
		all_of(arena, &store->policies, sizeof(struct policy), &objects.policy_count);
	for (size_t i = 0; i < objects.policy_count; i++)
		objects.policies[i] = store_policy_now(&objects.policies[i]);
	objects.cluster_policies =
		all_of(arena, &store->cluster_policies, sizeof(struct cluster_policy),
		       &objects.cluster_policy_count);
	for (size_t i = 0; i < objects.cluster_policy_count; i++)
		objects.cluster_policies[i] =
			store_cluster_policy_now(arena, &objects.cluster_policies[i]);
	objects.nodes =
		all_of(arena, &store->nodes, sizeof(struct cluster_node), &objects.node_count);
	store_sort(&objects);
	return objects;
}

bool store_has_pod(const struct store *store, const struct objects *from, const struct pod *pod)
{
	const uint32_t number = store_find(&store->pods, pod->namespace, pod->name);
	const struct pod *kept = number == TABLE_NONE ? NULL : store->pods.items[number];

	return kept && !strcmp(kept->node, pod->node) && kept->port_count == pod->port_count &&
	       same_addrs(kept->addrs, kept->addr_count, pod->addrs, pod->addr_count) &&
	       same_ports(kept, pod) &&
	       same_labels(store, (struct labels){kept->labels, kept->label_count}, from,
			   (struct labels){pod->labels, pod->label_count});
}

bool store_has_namespace(const struct store *store, const struct objects *from,
			 const struct namespace *namespace)
{
	const uint32_t number = store_find(&store->namespaces, "", namespace->name);
	const struct namespace *kept =
		number == TABLE_NONE ? NULL : store->namespaces.items[number];

	return kept && same_labels(store, (struct labels){kept->labels, kept->label_count}, from,
				   (struct labels){namespace->labels, namespace->label_count});
}

bool store_has_node(const struct store *store, const struct objects *from,
		    const struct cluster_node *node)
{
	const uint32_t number = store_find(&store->nodes, "", node->name);
	const struct cluster_node *kept = number == TABLE_NONE ? NULL : store->nodes.items[number];

	return kept && same_addrs(kept->addrs, kept->addr_count, node->addrs, node->addr_count) &&
	       same_labels(store, (struct labels){kept->labels, kept->label_count}, from,
			   (struct labels){node->labels, node->label_count});
}
