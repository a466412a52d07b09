/*
 * Finds the files in a folder and all its subfolders.
 *
 * In:  the path of a folder.  Out: the paths of its files, in sorted order.
 *
 * The hard idea: a folder that could not be listed completely must never pass for one that ended
 * there.  So every call is checked for failure, and readdir() reports failure in errno only.
 */
#ifndef NP2NFT_READ_FOLDER_H
#define NP2NFT_READ_FOLDER_H

#include "base/diag.h"

struct arena;
struct file_list;

/*
 * Adds the *.yaml, *.yml and *.json files of the folder @path to @list.  Links are followed; names
 * that begin with a dot are skipped; files that @list has already are not added again.  Everything
 * that cannot be read is an error, and so is a link that leads back to a folder in which it stands.
 */
void folder_find(struct arena *arena, const char *path, struct file_list *list,
		 struct diags *diags);

#endif
