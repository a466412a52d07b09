/*
 * All PATHs to objects: which document is what, lists of either form, and what objects must not
 * have in common.
 */
#ifndef NP2NFT_READ_DOCUMENT_H
#define NP2NFT_READ_DOCUMENT_H

#include "base/diag.h"

#include <stdbool.h>

struct objects;

struct read_options {
	const char *default_namespace; /* of objects that name none */
	bool details; /* also what a ruleset does not need; struct objects says what that is */
	bool lenient; /* what is no Kubernetes object or no YAML is passed over; see read/foreign.h */
};

/*
 * Reads the files and folders @paths.  What is wrong in them is in @diags; if there is no error
 * among it, @objects is valid.
 */
void read_paths(const char *const *paths, size_t count, const struct read_options *options,
		struct objects *objects, struct diags *diags);

#endif
