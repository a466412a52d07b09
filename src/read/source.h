/*
 * Turns the paths of a command line into bytes.
 *
 * In:  files, folders (with all their subfolders) and "-" for standard input.  Out: the files to
 * read, in sorted order, and their bytes, a block at a time.
 */
#ifndef NP2NFT_READ_SOURCE_H
#define NP2NFT_READ_SOURCE_H

#include "base/diag.h"
#include "read/file_list.h"

#include <stdbool.h>

struct arena;

/*
 * Adds the files that @path stands for; read/folder.h says which these are for a folder.  A file
 * that is named twice, or is named and also stands in a folder that is named, is in the list once.
 */
void source_find(struct arena *arena, const char *path, struct file_list *list,
		 struct diags *diags);

/*
 * Finds out whether the regular file @file contains @text, and says so in *@holds.  Returns false
 * if that is not possible, because it is no regular file (a pipe can be read only once) or cannot
 * be read.
 */
bool source_holds(const char *file, const char *text, bool *holds);

/* Reads the documents of one file, JSON or YAML, into @sink (read/tree.h).  Faults go to @diags. */
struct tree_sink;
void source_read(const char *file, const struct tree_sink *sink, struct diags *diags);

/* Does the same with @len bytes of memory; @name stands for the file's name in diagnostics. */
void source_read_bytes(const char *name, const void *bytes, size_t len,
		       const struct tree_sink *sink, struct diags *diags);

#endif
