/* The strings of labels and selectors.  See model.h. */
#include "model.h"

#include "arena.h"

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
