/* The controller among an object's owners.  See read/owner.h. */
#include "read/owner.h"

#include "base/arena.h"

/* The ReplicaSet of a Deployment is named after it and the hash that its pods carry as a label. */
static struct owner skip_replica_set(struct reader *reader, const struct node *metadata,
				     struct owner owner)
{
	const struct node *hash = node_get(node_get(metadata, "labels"), "pod-template-hash");
	size_t len = strlen(owner.name), tail;

	if (strcmp(owner.kind, "ReplicaSet") != 0 || !hash || hash->kind != NODE_SCALAR)
		return owner;
	tail = hash->count + 1;
	if (tail == 1 || len <= tail || owner.name[len - tail] != '-' ||
	    !node_is(hash, owner.name + len - tail + 1))
		return owner;
	return (struct owner){
		.kind = "Deployment",
		.name = arena_strndup(reader->objects->arena, owner.name, len - tail),
	};
}

struct owner owner_read(struct reader *reader, const struct node *metadata)
{
	const struct node *list =
		want_list(reader, node_get(metadata, "ownerReferences"), "ownerReferences");
	struct arena *arena = reader->objects->arena;
	struct owner owner = {0};

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct node *entry =
			want_mapping(reader, list->items[i], "an entry of ownerReferences");
		const char *kind = want_string(reader, node_get(entry, "kind"), "kind");
		const char *name = want_string(reader, node_get(entry, "name"), "name");

		if (!want_bool(reader, node_get(entry, "controller"), "controller"))
			continue;
		/* Pods that have no more in common than their node are not alike. */
		if (!kind || !name || !strcmp(kind, "Node"))
			continue;
		owner.kind = arena_strndup(arena, kind, strlen(kind));
		owner.name = arena_strndup(arena, name, strlen(name));
	}
	return owner.kind ? skip_replica_set(reader, metadata, owner) : owner;
}

static const char *key_of(struct reader *reader, const char *kind, const char *namespace,
			  const char *name)
{
	return arena_printf(reader->objects->arena, "%s/%s/%s", kind, namespace, name);
}

void owner_note(struct reader *reader, const char *namespace, const char *name, struct owner owner)
{
	const char *key = key_of(reader, reader->kind, namespace, name);
	bool added;

	reader->owned.arena = reader->objects->arena;
	table_add(&reader->owned, key, strlen(key), &added);
	if (added)
		arena_push(reader->objects->arena, reader->owners, reader->owner_count, owner);
}

static void resolve(struct reader *reader, struct pod *pods, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct pod *pod = &pods[i];
		const char *key;
		uint32_t number;

		if (!pod->owner)
			continue;
		key = key_of(reader, pod->owner_kind, pod->namespace, pod->owner);
		number = table_find(&reader->owned, key, strlen(key));
		if (number == TABLE_NONE)
			continue;
		pod->owner_kind = reader->owners[number].kind;
		pod->owner = reader->owners[number].name;
	}
}

void owners_resolve(struct reader *reader)
{
	if (!reader->owner_count)
		return;
	resolve(reader, reader->objects->pods, reader->objects->pod_count);
	resolve(reader, reader->objects->host_pods, reader->objects->host_pod_count);
}
