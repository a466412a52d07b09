/*
 * All PATHs to objects: which document is what, lists of either form, and what objects must not
 * have in common.
 */
#ifndef NP2NFT_READ_DOCUMENT_H
#define NP2NFT_READ_DOCUMENT_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct objects;
struct reader;

struct read_options {
	/* Told which files the input is made of, before the first of them is read; NULL: nobody is. */
	void (*found)(void *context, const char *const *files, size_t count);
	void *found_context;
	const char *default_namespace; /* of objects that name none */
	bool details; /* also what a ruleset does not need; struct objects says what that is */
	bool lenient; /* what is no Kubernetes object or no YAML is passed over; see read/foreign.h */
	bool is_live; /* it comes from an API server, which has checked it; see read/cluster_policy.h */
};

/*
 * Begins to read into @objects.  What is wrong with anything read is in @diags; if there is no error
 * among it after read_end(), @objects is valid.  @options are copied, their strings are not.
 */
struct reader *read_begin(const struct read_options *options, struct objects *objects,
			  struct diags *diags);

/* Reads files and folders. */
void read_files(struct reader *reader, const char *const *paths, size_t count);

/* Reads documents in memory; @name stands for a file's in diagnostics. */
void read_bytes(struct reader *reader, const char *name, const void *bytes, size_t len);

/* Checks and sorts all that was read by now.  More may be read after it, and then ended again. */
void read_end(struct reader *reader);

/* All of it for the files and folders @paths. */
void read_paths(const char *const *paths, size_t count, const struct read_options *options,
		struct objects *objects, struct diags *diags);

#endif
