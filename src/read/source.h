/*
 * From the PATHs of a command line to bytes.
 *
 * In:  files, folders (read through all their subfolders) and "-" for standard input.
 * Out: the files to read, in sorted order, and their bytes, a block at a time.
 */
#ifndef NP2NFT_READ_SOURCE_H
#define NP2NFT_READ_SOURCE_H

#include "base/diag.h"
#include "read/file_list.h"

#include <stdbool.h>

struct arena;

/*
 * Adds the files that @path stands for; what a folder stands for, read/folder.h tells.  A file that is named
 * twice, or is named and stands in a folder that is named too, is in the list once.
 */
void source_find(struct arena *arena, const char *path, struct file_list *list,
		 struct diags *diags);

/*
 * Does the regular file @file hold @text?  The answer is in *@holds; false if that cannot be told, since the file
 * is something else (a pipe can be read once only) or cannot be read.
 */
bool source_holds(const char *file, const char *text, bool *holds);

/* Reads documents of one file into @sink (read/tree.h), JSON or YAML; faults go to @diags. */
struct tree_sink;
void source_read(const char *file, const struct tree_sink *sink, struct diags *diags);

/* The same of @len bytes in memory; @name is the file's in diagnostics. */
void source_read_bytes(const char *name, const void *bytes, size_t len,
		       const struct tree_sink *sink, struct diags *diags);

#endif
