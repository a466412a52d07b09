/*
 * From the PATHs of a command line to bytes.
 *
 * In:  files, folders (read through all their subfolders) and "-" for standard input.
 * Out: the files to read, in sorted order, and their bytes, a block at a time.
 */
#ifndef NP2NFT_READ_SOURCE_H
#define NP2NFT_READ_SOURCE_H

#include "base/diag.h"

struct arena;

struct source_list {
	const char **files; /* "-" is standard input */
	size_t count;
};

/*
 * Adds the files that @path stands for.  Of a folder: *.yaml, *.yml and *.json, links followed, but
 * nothing whose name begins with a dot.  A diagnostic for each that cannot be read, a link back to a
 * folder above included.
 */
void source_find(struct arena *arena, const char *path, struct source_list *list,
		 struct diags *diags);

/* Reads documents of one file into @sink (read/tree.h), JSON or YAML; faults go to @diags. */
struct tree_sink;
void source_read(const char *file, const struct tree_sink *sink, struct diags *diags);

#endif
