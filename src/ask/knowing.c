/* A copy of the objects with the namespaces that are missing.  See ask/knowing.h. */
#include "ask/knowing.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* Numbers of texts stay; adding to them leaves the world's own alone. */
static void copy_strings(struct objects *copy, const struct objects *objects)
{
	copy->strings = (struct table){.arena = copy->arena};
	copy->string_of = NULL;
	copy->string_count = 0;
	for (size_t i = 0; i < objects->string_count; i++)
		objects_intern(copy, objects->string_of[i], strlen(objects->string_of[i]));
}

/* Those that run, without what stands for others. */
static void copy_pods(struct objects *copy, const struct world *world)
{
	copy->pods = arena_array(copy->arena, world->party_count, sizeof(*copy->pods));
	copy->pod_count = 0;
	for (size_t i = 0; i < world->party_count; i++)
		if (world->parties[i].kind == PARTY_POD)
			copy->pods[copy->pod_count++] = world->objects->pods[world->parties[i].pod];
}

static int compare_namespaces(const void *a, const void *b)
{
	return strcmp(((const struct namespace *)a)->name, ((const struct namespace *)b)->name);
}

static void add_namespaces(struct objects *copy, const struct objects *objects,
			   const char *const *names, size_t count)
{
	copy->namespaces = NULL;
	copy->namespace_count = 0;
	for (size_t i = 0; i < objects->namespace_count; i++)
		arena_push(copy->arena, copy->namespaces, copy->namespace_count,
			   objects->namespaces[i]);
	for (size_t i = 0; i < count; i++) {
		struct label *label = arena_alloc(copy->arena, sizeof(*label));
		struct namespace namespace = {.name = names[i], .labels = label, .label_count = 1};

		label->key =
			objects_intern(copy, NAMESPACE_NAME_LABEL, strlen(NAMESPACE_NAME_LABEL));
		label->value = objects_intern(copy, names[i], strlen(names[i]));
		arena_push(copy->arena, copy->namespaces, copy->namespace_count, namespace);
	}
	qsort(copy->namespaces, copy->namespace_count, sizeof(*copy->namespaces),
	      compare_namespaces);
}

const struct world *world_knowing(struct arena *arena, const struct world *world,
				  const struct world *other)
{
	struct table known = {.arena = arena};
	struct objects *copy;
	const char **names = NULL;
	size_t count = 0;

	for (size_t i = 0; i < world->party_count; i++)
		if (world->parties[i].kind == PARTY_OTHER_POD)
			table_add(&known, world->parties[i].namespace,
				  strlen(world->parties[i].namespace), NULL);
	for (size_t i = 0; i < other->party_count; i++) {
		const char *name = other->parties[i].namespace;

		if (other->parties[i].kind == PARTY_OTHER_POD &&
		    table_find(&known, name, strlen(name)) == TABLE_NONE)
			arena_push(arena, names, count, name);
	}
	if (!count)
		return world;
	copy = arena_alloc(arena, sizeof(*copy));
	*copy = *world->objects;
	copy->arena = arena;
	copy_strings(copy, world->objects);
	copy_pods(copy, world);
	add_namespaces(copy, world->objects, names, count);
	return world_new(arena, copy);
}
