/* A pod's elements.  See lower/increment.h. */
#include "lower/increment.h"

#include "base/arena.h"
#include "lower/names.h"
#include "resolve/match.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* Numbers of definitions that are looked at together. */
struct bucket {
	uint32_t *definitions;
	size_t count;
};

/* Buckets by bytes. */
struct buckets {
	struct table keys;
	struct bucket *items;
	size_t count;
};

/* Stands for the value in the bucket of a key alone. */
#define ANY_VALUE UINT32_MAX

struct increment {
	struct arena *arena;
	const struct resolved *resolved;
	const struct ruleset *ruleset;
	const char *node;
	struct bucket *sets_of; /* by definition: the sets of the ruleset that hold its addresses */
	/* Each definition that has a set is in one place: with its namespace, a label, or neither. */
	struct buckets by_namespace; /* name */
	struct buckets by_label;     /* struct label */
	struct bucket others;
	struct table names; /* NAMESPACE NUL NAME of pods that changed, to: */
	const struct pod **changed;
	size_t changed_count;
	struct table addrs; /* struct addr of those, to: */
	uint32_t *owners;   /* index to changed, of who had it last */
	size_t owner_count;
};

static void add_to(struct increment *increment, struct bucket *bucket, uint32_t number)
{
	arena_push(increment->arena, bucket->definitions, bucket->count, number);
}

static void add_by_key(struct increment *increment, struct buckets *buckets, const void *key,
		       size_t len, uint32_t definition)
{
	bool added;
	uint32_t number = table_add(&buckets->keys, key, len, &added);

	if (added)
		arena_push(increment->arena, buckets->items, buckets->count, ((struct bucket){0}));
	add_to(increment, &buckets->items[number], definition);
}

static const struct bucket *find_bucket(const struct buckets *buckets, const void *key, size_t len)
{
	static const struct bucket nothing;
	uint32_t number = table_find(&buckets->keys, key, len);

	return number == TABLE_NONE ? &nothing : &buckets->items[number];
}

/* A requirement that only pods with certain labels meet, if there is one. */
static const struct requirement *telling(const struct selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		if (selector->requirements[i].op == OP_IN ||
		    selector->requirements[i].op == OP_EXISTS)
			return &selector->requirements[i];
	return NULL;
}

/* Puts a definition where every pod that it may mean looks. */
static void file(struct increment *increment, uint32_t number)
{
	const struct definition *definition = &increment->resolved->definitions[number];
	const struct requirement *requirement;
	const char *namespace;

	if (definition->peer->kind == PEER_BLOCK) {
		add_to(increment, &increment->others, number);
		return;
	}
	namespace = definition_namespace(increment->resolved->objects, definition);
	if (namespace) {
		add_by_key(increment, &increment->by_namespace, namespace, strlen(namespace),
			   number);
		return;
	}
	requirement = telling(definition->peer->pods);
	if (!requirement) {
		add_to(increment, &increment->others, number);
		return;
	}
	for (size_t i = 0; i < requirement->count || i == 0; i++) {
		struct label label = {requirement->key,
				      requirement->count ? requirement->values[i] : ANY_VALUE};

		add_by_key(increment, &increment->by_label, &label, sizeof(label), number);
	}
}

struct increment *increment_new(struct arena *arena, const struct resolved *resolved,
				const struct ruleset *ruleset, const char *node)
{
	struct increment *increment = arena_alloc(arena, sizeof(*increment));

	*increment = (struct increment){
		.arena = arena,
		.resolved = resolved,
		.ruleset = ruleset,
		.node = node,
		.sets_of = arena_array(arena, resolved->definition_count, sizeof(struct bucket)),
		.by_namespace.keys.arena = arena,
		.by_label.keys.arena = arena,
		.names.arena = arena,
		.addrs.arena = arena,
	};
	for (uint32_t i = 0; i < ruleset->set_count; i++)
		for (size_t k = 0; k < ruleset->sets[i].from_count; k++)
			add_to(increment, &increment->sets_of[ruleset->sets[i].from[k]], i);
	for (uint32_t i = 0; i < resolved->definition_count; i++)
		if (increment->sets_of[i].count &&
		    resolved->definitions[i].kind != DEFINITION_BLOCK)
			file(increment, i);
	return increment;
}

static int compare_pods(const void *a, const void *b)
{
	const struct pod *x = a, *y = b;
	int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

static char *pod_key(struct arena *arena, const struct pod *pod, size_t *len)
{
	size_t namespace = strlen(pod->namespace) + 1, name = strlen(pod->name);
	char *key = arena_alloc(arena, namespace + name);

	*len = namespace + name;
	memcpy(key, pod->namespace, namespace);
	memcpy(key + namespace, pod->name, name);
	return key;
}

/* The pod of this name as it was last; NULL if there is none. */
static const struct pod *pod_before(const struct increment *increment, struct arena *arena,
				    const struct pod *pod)
{
	const struct objects *objects = increment->resolved->objects;
	size_t len;
	const char *key = pod_key(arena, pod, &len);
	uint32_t number = table_find(&increment->names, key, len);

	if (number != TABLE_NONE)
		return increment->changed[number];
	return objects->pod_count
		       ? bsearch(pod, objects->pods, objects->pod_count, sizeof(*pod), compare_pods)
		       : NULL;
}

static bool has_addr(const struct pod *pod, const struct addr *addr)
{
	for (size_t i = 0; i < pod->addr_count; i++)
		if (pod->addrs[i].family == addr->family &&
		    !memcmp(pod->addrs[i].bytes, addr->bytes, family_len(addr->family)))
			return true;
	return false;
}

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(((const struct pod_addr *)a)->bytes, ((const struct pod_addr *)b)->bytes, 16);
}

/* The pod that had the address when all was compiled, if there is one. */
static const struct pod *compiled_owner(const struct resolved *resolved, const struct addr *addr)
{
	struct pod_addr key;
	const struct pod_addr *found = NULL;

	memcpy(key.bytes, addr->bytes, sizeof(key.bytes));
	if (resolved->addr_count[addr->family])
		found = bsearch(&key, resolved->addrs[addr->family],
				resolved->addr_count[addr->family], sizeof(key), compare_addrs);
	return found ? &resolved->objects->pods[found->pod] : NULL;
}

/* Has another pod, as it is now, the address? */
static bool is_taken(const struct increment *increment, struct arena *arena,
		     const struct addr *addr, const struct pod *by)
{
	uint32_t number = table_find(&increment->addrs, addr, sizeof(*addr));
	const struct pod *owner = number == TABLE_NONE
					  ? compiled_owner(increment->resolved, addr)
					  : increment->changed[increment->owners[number]];

	owner = owner ? pod_before(increment, arena, owner) : NULL;
	return owner && compare_pods(owner, by) && has_addr(owner, addr);
}

/* From here on the pod is as it is now. */
static void remember(struct increment *increment, struct arena *arena, const struct pod *pod)
{
	size_t len;
	const char *key = pod_key(arena, pod, &len);
	bool added;
	uint32_t number = table_add(&increment->names, key, len, &added), owned;

	if (added)
		arena_push(increment->arena, increment->changed, increment->changed_count, pod);
	increment->changed[number] = pod;
	for (size_t i = 0; i < pod->addr_count; i++) {
		owned = table_add(&increment->addrs, &pod->addrs[i], sizeof(struct addr), &added);
		if (added)
			arena_push(increment->arena, increment->owners, increment->owner_count, 0);
		increment->owners[owned] = number;
	}
}

/* An element that a pod is in a set with. */
struct member {
	uint32_t set; /* index to ruleset->sets */
	size_t len;
	bool concatenation;
	uint8_t key[KEY_MAX];
};

struct members {
	struct arena *arena;
	const struct increment *increment;
	const struct pod *pod;
	struct member *items;
	size_t count;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return key_compare(x->key, y->key, x->len, x->concatenation);
}

/* @port NULL: the address alone. */
static void add_member(struct members *members, uint32_t number, const struct addr *addr,
		       const struct pod_port *port)
{
	const struct set *set = &members->increment->ruleset->sets[number];
	size_t len = family_len(addr->family);
	struct member member = {
		.set = number,
		.len = set_key_len(set),
		.concatenation = set->field_count > 1,
	};

	memcpy(member.key, addr->bytes, len);
	if (port) {
		uint16_t net = htons(port->number);

		member.key[len] = (uint8_t)port->protocol;
		memcpy(member.key + len + 4, &net, sizeof(net));
	}
	arena_push(members->arena, members->items, members->count, member);
}

/* The pod's elements in one set that are due to one definition which means this address of it. */
static void add_members(struct members *members, uint32_t number,
			const struct definition *definition, const struct addr *addr)
{
	const struct pod *pod = members->pod;

	if (definition->kind == DEFINITION_PODS)
		add_member(members, number, addr, NULL);
	for (size_t i = 0; definition->kind == DEFINITION_NAMED && i < pod->port_count; i++)
		if (pod->ports[i].protocol == definition->protocol &&
		    !strcmp(pod->ports[i].name, definition->port_name))
			add_member(members, number, addr, &pod->ports[i]);
}

/* Labels of a namespace; of one without an object the one that all have. */
struct namespace_labels {
	const struct label *labels;
	size_t count;
	struct label name;
};

static int compare_namespaces(const void *a, const void *b)
{
	return strcmp(((const struct namespace *)a)->name, ((const struct namespace *)b)->name);
}

static void find_labels(const struct objects *objects, const char *name,
			struct namespace_labels *labels)
{
	const struct namespace key = {.name = name}, *found = NULL;

	if (objects->namespace_count)
		found = bsearch(&key, objects->namespaces, objects->namespace_count, sizeof(key),
				compare_namespaces);
	labels->name.key = objects_find(objects, NAMESPACE_NAME_LABEL);
	labels->name.value = objects_find(objects, name);
	labels->labels = found ? found->labels : &labels->name;
	labels->count = found ? found->label_count : 1;
}

static bool is_in_block(const struct peer *peer, const struct addr *addr)
{
	struct range range = cidr_range(&peer->cidr);

	if (peer->cidr.base.family != addr->family || !range_has(&range, addr))
		return false;
	for (size_t i = 0; i < peer->except_count; i++) {
		range = cidr_range(&peer->excepts[i]);
		if (range_has(&range, addr))
			return false;
	}
	return true;
}

/* Does the peer mean the pod?  A block asks for each address besides. */
static bool means(const struct definition *definition, const struct pod *pod,
		  const struct namespace_labels *namespace)
{
	const struct peer *peer = definition->peer;

	if (peer->kind == PEER_BLOCK)
		return true;
	if (peer->namespaces
		    ? !selector_matches(peer->namespaces, namespace->labels, namespace->count)
		    : strcmp(definition->namespace, pod->namespace) != 0)
		return false;
	return selector_matches(peer->pods, pod->labels, pod->label_count);
}

/* Looks through a bucket. */
static void look_at(struct members *members, const struct bucket *bucket,
		    const struct namespace_labels *namespace)
{
	const struct increment *increment = members->increment;
	const struct pod *pod = members->pod;

	for (size_t i = 0; i < bucket->count; i++) {
		uint32_t number = bucket->definitions[i];
		const struct definition *definition = &increment->resolved->definitions[number];
		const struct bucket *sets = &increment->sets_of[number];

		if (!means(definition, pod, namespace))
			continue;
		for (size_t k = 0; k < sets->count * pod->addr_count; k++) {
			uint32_t set = sets->definitions[k / pod->addr_count];
			const struct addr *addr = &pod->addrs[k % pod->addr_count];

			if (field_len(increment->ruleset->sets[set].fields[0]) ==
				    family_len(addr->family) &&
			    (definition->peer->kind != PEER_BLOCK ||
			     is_in_block(definition->peer, addr)))
				add_members(members, set, definition, addr);
		}
	}
}

/* All elements of a pod (NULL: of none), sorted, each once. */
static struct members find_members(const struct increment *increment, struct arena *arena,
				   const struct pod *pod)
{
	struct members members = {.arena = arena, .increment = increment, .pod = pod};
	struct namespace_labels namespace;
	size_t kept = 0;

	if (!pod || !pod->addr_count)
		return members;
	find_labels(increment->resolved->objects, pod->namespace, &namespace);
	look_at(&members,
		find_bucket(&increment->by_namespace, pod->namespace, strlen(pod->namespace)),
		&namespace);
	for (size_t i = 0; i < pod->label_count; i++) {
		const struct label any = {pod->labels[i].key, ANY_VALUE};

		look_at(&members,
			find_bucket(&increment->by_label, &pod->labels[i], sizeof(struct label)),
			&namespace);
		look_at(&members, find_bucket(&increment->by_label, &any, sizeof(any)), &namespace);
	}
	look_at(&members, &increment->others, &namespace);
	if (members.count)
		qsort(members.items, members.count, sizeof(*members.items), compare_members);
	for (size_t i = 0; i < members.count; i++)
		if (!kept || compare_members(&members.items[i], &members.items[kept - 1]))
			members.items[kept++] = members.items[i];
	members.count = kept;
	return members;
}

/* The set of a number, with no elements but those from @at on, which moves behind them. */
static struct set take_set(const struct members *members, uint32_t number, size_t *at,
			   const char *comment)
{
	struct set set = members->increment->ruleset->sets[number];
	size_t first = *at, len = set_key_len(&set);
	const char **comments;
	uint8_t *keys;

	while (*at < members->count && members->items[*at].set == number)
		++*at;
	set.count = *at - first;
	set.keys = keys = arena_array(members->arena, set.count, len);
	set.comments = comments = arena_array(members->arena, set.count, sizeof(*comments));
	for (size_t i = 0; i < set.count; i++) {
		memcpy(keys + i * len, members->items[first + i].key, len);
		comments[i] = comment;
	}
	return set;
}

/* From rulesets that hold the pod and nothing else: its elements before, and its elements now. */
static struct changes compare(struct arena *arena, const struct members *before,
			      const struct members *now, const char *comment)
{
	struct ruleset old = {.table = now->increment->ruleset->table}, new = old;
	size_t i = 0, k = 0;

	while (i < before->count || k < now->count) {
		uint32_t number = i == before->count ? now->items[k].set : before->items[i].set;

		if (k < now->count && now->items[k].set < number)
			number = now->items[k].set;
		arena_push(arena, old.sets, old.set_count, take_set(before, number, &i, comment));
		arena_push(arena, new.sets, new.set_count, take_set(now, number, &k, comment));
	}
	return transition(arena, &old, &new);
}

static bool is_enforced(const struct increment *increment, const struct pod *pod)
{
	return pod && pod->addr_count && (!increment->node || !strcmp(pod->node, increment->node));
}

/* Is it more than elements of the sets of peers that change? */
static bool must_recompile(const struct increment *increment, struct arena *arena,
			   const struct pod *before, const struct pod *now)
{
	if (is_enforced(increment, before) || is_enforced(increment, now))
		return true;
	for (size_t i = 0; i < now->addr_count; i++)
		if (is_taken(increment, arena, &now->addrs[i], now))
			return true;
	return false;
}

bool increment_pod(struct increment *increment, struct arena *arena, const struct pod *pod,
		   struct changes *changes)
{
	const struct pod *before = pod_before(increment, arena, pod);
	struct members then, now;

	if (must_recompile(increment, arena, before, pod))
		return false;
	then = find_members(increment, arena, before);
	now = find_members(increment, arena, pod);
	*changes = compare(
		arena, &then, &now,
		comment_fit(arena, arena_join(arena, pod->namespace, "/", pod->name, NULL)));
	remember(increment, arena, pod);
	return true;
}
