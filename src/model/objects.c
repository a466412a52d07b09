/* Looks up the numbers of texts, and namespaces with their labels. */
#include "model/objects.h"

#include "base/arena.h"

#include <stdlib.h>

uint32_t objects_intern(struct objects *objects, const char *text, size_t len)
{
	bool added;
	uint32_t number = table_add(&objects->strings, text, len, &added);

	if (added)
		arena_push(objects->arena, objects->string_of, objects->string_count,
			   arena_strndup(objects->arena, text, len));
	return number;
}

uint32_t objects_find(const struct objects *objects, const char *text)
{
	return table_find(&objects->strings, text, strlen(text));
}

static int compare_to_name(const void *name, const void *item)
{
	return strcmp(name, ((const struct namespace *)item)->name);
}

const struct namespace *objects_namespace(const struct objects *objects, const char *name)
{
	if (!objects->namespace_count)
		return NULL;
	return bsearch(name, objects->namespaces, objects->namespace_count,
		       sizeof(*objects->namespaces), compare_to_name);
}

const struct label *objects_namespace_labels(const struct objects *objects, const char *name,
					     struct label *own, size_t *count)
{
	const struct namespace *found = objects_namespace(objects, name);

	if (found) {
		*count = found->label_count;
		return found->labels;
	}
	own->key = objects_find(objects, NAMESPACE_NAME_LABEL);
	own->value = objects_find(objects, name);
	*count = own->key != TABLE_NONE;
	return own;
}
