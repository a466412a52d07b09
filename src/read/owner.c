/*
 * Replaces a pod's owner with the owner's controller for as long as there is one: pods belong to a
 * Deployment, not to one of its ReplicaSets.
 */
#include "read/owner.h"

#include "base/arena.h"

/*
 * The Deployment of a ReplicaSet, whose name is that of the Deployment and the hash that its pods
 * carry as a label.
 */
static struct owner skip_replica_set(struct reader *reader, const struct tree_node *metadata,
				     struct owner owner)
{
	const struct tree_node *hash = tree_get(tree_get(metadata, "labels"), "pod-template-hash");
	size_t len = strlen(owner.name), tail;

	if (strcmp(owner.kind, "ReplicaSet") != 0 || !hash || hash->kind != TREE_SCALAR)
		return owner;
	tail = hash->count + 1;
	if (tail == 1 || len <= tail || owner.name[len - tail] != '-' ||
	    !tree_is(hash, owner.name + len - tail + 1))
		return owner;
	return (struct owner){
		.kind = "Deployment",
		.name = arena_strndup(reader->objects->arena, owner.name, len - tail),
		.replica_set = owner.name,
	};
}

struct owner owner_read(struct reader *reader, const struct tree_node *metadata)
{
	const struct tree_node *list =
		want_list(reader, tree_get(metadata, "ownerReferences"), "ownerReferences");
	struct arena *arena = reader->objects->arena;
	struct owner owner = {0};

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct tree_node *entry =
			want_mapping(reader, list->items[i], "an entry of ownerReferences");
		const char *kind = want_string(reader, tree_get(entry, "kind"), "kind");
		const char *name = want_string(reader, tree_get(entry, "name"), "name");

		if (!want_bool(reader, tree_get(entry, "controller"), "controller"))
			continue;
		/* Pods that have only their node in common are not alike. */
		if (!kind || !name || !strcmp(kind, "Node"))
			continue;
		owner.kind = arena_strndup(arena, kind, strlen(kind));
		owner.name = arena_strndup(arena, name, strlen(name));
	}
	return owner.kind ? skip_replica_set(reader, metadata, owner) : owner;
}

static const char *key_of(const struct reader *reader, const char *kind, const char *namespace,
			  const char *name)
{
	return arena_printf(reader->objects->arena, "%s/%s/%s", kind, namespace, name);
}

void owner_note(struct reader *reader, const struct workload *workload, struct owner owner)
{
	struct arena *arena = reader->objects->arena;
	const char *key = key_of(reader, workload->kind, workload->namespace, workload->name);
	size_t count = reader->noted_count;
	uint32_t number;
	bool added;

	/* A wrong name, or one that the API server makes up, is never that of another workload. */
	if (!*workload->name || strchr(workload->name, '*'))
		key = arena_printf(arena, "%s*%zu", key, count);
	reader->noted.arena = arena;
	number = table_add(&reader->noted, key, strlen(key), &added);
	if (added) {
		arena_push(arena, reader->workloads, reader->noted_count, *workload);
		arena_push(arena, reader->owners, count, owner);
		return;
	}
	tell_second(reader, workload->kind, workload->namespace, workload->name,
		    reader->workloads[number].mark, workload->mark);
	reader->workloads[number] = *workload;
	reader->owners[number] = owner;
}

void owner_note_pod(struct reader *reader, const struct pod *pod, struct owner owner)
{
	size_t count = reader->unborn_count;

	arena_push(reader->objects->arena, reader->unborn, reader->unborn_count, *pod);
	arena_push(reader->objects->arena, reader->unborn_owners, count, owner);
}

/* The number of the workload, or TABLE_NONE if it is not in the input. */
static uint32_t find(const struct reader *reader, const char *namespace, struct owner owner)
{
	const char *key;

	if (!owner.kind)
		return TABLE_NONE;
	key = key_of(reader, owner.kind, namespace, owner.name);
	return table_find(&reader->noted, key, strlen(key));
}

/* Is the workload's controller in the input, and so stands for it? */
static bool has_owner(const struct reader *reader, const char *namespace, struct owner owner)
{
	const struct owner between = {"ReplicaSet", owner.replica_set, NULL};

	return find(reader, namespace, owner) != TABLE_NONE ||
	       (owner.replica_set && find(reader, namespace, between) != TABLE_NONE);
}

/* Owners that own each other in a circle make no sense, but must not all vanish. */
#define CHAIN_MAX 100

static bool is_own_owner(const struct reader *reader, uint32_t number)
{
	uint32_t at = number;

	for (int i = 0; i < CHAIN_MAX; i++) {
		at = find(reader, reader->workloads[at].namespace, reader->owners[at]);
		if (at == TABLE_NONE || at == number)
			return at == number;
	}
	return false;
}

/* Replaces the owner of each pod with that owner's controller. */
static void resolve(struct reader *reader, struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct pod *pod = &pods[i];
		uint32_t number = find(reader, pod->namespace,
				       (struct owner){pod->owner_kind, pod->owner, NULL});

		if (number == TABLE_NONE || !reader->owners[number].kind)
			continue;
		pod->owner_kind = reader->owners[number].kind;
		pod->owner = reader->owners[number].name;
	}
}

static void add_workload(struct reader *reader, const struct workload *workload)
{
	arena_push(reader->objects->arena, reader->objects->workloads,
		   reader->objects->workload_count, *workload);
}

static void add_pod(struct reader *reader, const struct pod *pod)
{
	const struct workload workload = {
		.kind = "Pod",
		.namespace = pod->namespace,
		.name = pod->name,
		.mark = pod->mark,
		.labels = pod->labels,
		.label_count = pod->label_count,
		.ports = pod->ports,
		.port_count = pod->port_count,
		.plain_count = pod->plain_count,
	};

	add_workload(reader, &workload);
}

/* Collects the controllers of running pods. */
static struct table living_owners(const struct reader *reader)
{
	const struct objects *objects = reader->objects;
	struct table living = {.arena = objects->arena};
	bool added;

	for (size_t i = 0; i < objects->pod_count; i++) {
		const struct pod *pod = &objects->pods[i];
		const char *key;

		if (!pod->owner)
			continue;
		key = key_of(reader, pod->owner_kind, pod->namespace, pod->owner);
		table_keep(&living, key, strlen(key), &added);
	}
	return living;
}

/*
 * Does something else stand for the pods of this workload: its controller, or pods of that
 * controller?
 */
static bool is_stood_for(const struct reader *reader, const struct table *living, uint32_t number)
{
	const struct owner owner = reader->owners[number];
	const char *namespace = reader->workloads[number].namespace, *key;

	if (!owner.kind || is_own_owner(reader, number))
		return false;
	key = key_of(reader, owner.kind, namespace, owner.name);
	return has_owner(reader, namespace, owner) ||
	       table_find(living, key, strlen(key)) != TABLE_NONE;
}

void owners_resolve(struct reader *reader)
{
	struct objects *objects = reader->objects;
	struct table living;

	resolve(reader, objects->pods, objects->pod_count);
	resolve(reader, objects->host_pods, objects->host_pod_count);
	if (!reader->noted_count && !reader->unborn_count)
		return;
	living = living_owners(reader);
	for (uint32_t i = 0; i < reader->noted_count; i++)
		if (!is_stood_for(reader, &living, i))
			add_workload(reader, &reader->workloads[i]);
	for (size_t i = 0; i < reader->unborn_count; i++) {
		const struct pod *pod = &reader->unborn[i];

		if (has_owner(reader, pod->namespace, reader->unborn_owners[i]))
			leave_out_pod(reader, pod);
		else
			add_pod(reader, pod);
	}
}
