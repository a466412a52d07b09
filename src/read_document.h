/*
 * All PATHs to objects: which document is what, lists of either form, and what objects must not
 * have in common.
 */
#ifndef NP2NFT_READ_DOCUMENT_H
#define NP2NFT_READ_DOCUMENT_H

#include "diag.h"

struct objects;

/*
 * Reads the files and folders @paths.  What is wrong in them is in @diags; if there is no error
 * among it, @objects is valid.  Objects without a namespace get @default_namespace.
 */
void read_paths(const char *const *paths, size_t count, const char *default_namespace,
		struct objects *objects, struct diags *diags);

#endif
