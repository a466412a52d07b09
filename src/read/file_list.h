/*
 * The files of an input, each once, however often and by whatever links it is named.
 *
 * In:  paths.
 * Out: those of different files, in the order in which they came.
 */
#ifndef NP2NFT_READ_FILE_LIST_H
#define NP2NFT_READ_FILE_LIST_H

#include "base/table.h"

struct arena;

struct file_list {
	const char **files; /* "-" is standard input */
	size_t count;
	struct table seen; /* real paths of the files in it and of the folders that were listed */
};

/* The path without links, in @arena; NULL, with errno set, if it cannot be told. */
const char *file_list_real_path(struct arena *arena, const char *path);

/* Is this real path not in the list yet?  It is from now on. */
bool file_list_is_new(struct file_list *list, const char *real);

/* Adds the file @path, unless @real, its real path, is in the list. */
void file_list_add(struct arena *arena, struct file_list *list, const char *path, const char *real);

#endif
