/*
 * The files that a folder holds, through all its subfolders.
 *
 * In:  the path of a folder.
 * Out: the paths of its files, in sorted order.
 *
 * The hard idea: a folder that could not be listed to its end must never pass for one that ended there.  So
 * every call is asked whether it failed, and readdir() says so in errno alone.
 */
#ifndef NP2NFT_READ_FOLDER_H
#define NP2NFT_READ_FOLDER_H

#include "base/diag.h"

struct arena;
struct file_list;

/*
 * Adds the *.yaml, *.yml and *.json files of the folder @path to @list.  Links are followed; what has a name
 * that begins with a dot is passed over; what @list has already is not added again.  Each thing that
 * cannot be read is an error, and so is a link back to a folder that the link itself stands in.
 */
void folder_find(struct arena *arena, const char *path, struct file_list *list,
		 struct diags *diags);

#endif
