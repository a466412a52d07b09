/* Real paths are kept in a table, the paths as the user named them in a list. */
#include "read/file_list.h"

#include "base/arena.h"

#include <stdlib.h>

const char *file_list_real_path(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? arena_strndup(arena, real, strlen(real)) : NULL;

	free(real);
	return copy;
}

bool file_list_is_new(struct file_list *list, const char *real)
{
	bool added;

	table_add(&list->seen, real, strlen(real), &added);
	return added;
}

void file_list_add(struct arena *arena, struct file_list *list, const char *path, const char *real)
{
	if (file_list_is_new(list, real))
		arena_push(arena, list->files, list->count,
			   arena_strndup(arena, path, strlen(path)));
}
