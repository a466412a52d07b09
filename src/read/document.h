/*
 * Turns all inputs into objects: decides by kind who reads a document, opens lists, and checks all
 * objects together.
 */
#ifndef NP2NFT_READ_DOCUMENT_H
#define NP2NFT_READ_DOCUMENT_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

struct objects;
struct reader;

struct read_options {
	/*
	 * This is called with the files of which the input consists, before the first of them is
	 * read; it may be NULL.
	 */
	void (*found)(void *context, const char *const *files, size_t count);
	void *found_context;
	const char *default_namespace; /* the namespace of objects that name none */
	bool details; /* read also what a ruleset does not need; struct objects says what that is */
	/*
	 * pass over documents that are no Kubernetes objects, and files that are no YAML; see
	 * read/not_manifests.h
	 */
	bool lenient;
	/* the input comes from an API server, which has checked it; see read/cluster_policy.h */
	bool is_live;
};

/*
 * Begins to read into @objects.  Faults go to @diags; if there is no error among them after
 * read_end(), @objects is valid.  @options is copied, but not the strings in it.
 */
struct reader *read_begin(const struct read_options *options, struct objects *objects,
			  struct diags *diags);

/* Reads files and folders. */
void read_files(struct reader *reader, const char *const *paths, size_t count);

/* Reads documents from memory; @name stands for a file's name in diagnostics. */
void read_bytes(struct reader *reader, const char *name, const void *bytes, size_t len);

/*
 * Checks and sorts everything that was read so far.  More may be read afterwards, and then ended
 * again.
 */
void read_end(struct reader *reader);

/* Does all of this for the files and folders @paths. */
void read_paths(const char *const *paths, size_t count, const struct read_options *options,
		struct objects *objects, struct diags *diags);

#endif
