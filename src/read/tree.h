/*
 * Turns the events of a YAML or JSON reader into trees.  Each node has its place in the source;
 * aliases and merge keys are resolved; cycles and duplicate keys are refused; depth and expansion
 * are bounded.
 *
 * In:  events, as read/yaml.c and read/json.c send them.  Out: a tree for each document.  If a
 * document is a list of objects (a mapping with `items`), there is one tree for each item as soon
 * as it is complete, so that a large dump needs only the memory of one item.
 *
 * The hard idea: most of a dump is never looked at (a pod's volumes, its status).  A `shape` says
 * which parts of an object are kept.  Keys that it does not name are dropped, and their values are
 * counted but not built.  A node with an anchor is built nevertheless, since aliases may refer to
 * it later.
 */
#ifndef NP2NFT_READ_TREE_H
#define NP2NFT_READ_TREE_H

#include "read/tree_node.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Which parts of a mapping are kept: the values of the keys that it names; of each value, the parts
 * that its own shape names (NULL: all).
 */
struct shape {
	const struct shape_key {
		const char *name; /* NULL ends the list */
		const struct shape *below;
	} * keys;
};

/* The receiver of the trees. */
struct tree_sink {
	void *context;

	/* Which parts of a list are kept, beside its kind and its items; NULL: all. */
	const struct shape *list;

	/*
	 * Returns the shape of an object whose `kind` is @kind, of @len bytes; @kind is NULL if it
	 * is not known yet.
	 */
	const struct shape *(*shape)(void *context, const char *kind, size_t len);

	/* Receives a document or an item (@in_list).  The tree lives until the call returns. */
	void (*object)(void *context, const struct tree_node *object, bool in_list,
		       const char *list_kind);

	/* Is called at the end of a list's document; @list is its mapping, with `items` empty. */
	void (*list_end)(void *context, const struct tree_node *list);
};

struct tree_builder;

/*
 * Makes a builder.  Diagnostics name @file.  The builder has its own memory, which tree_free()
 * frees.
 */
struct tree_builder *tree_new(const char *file, const struct tree_sink *sink, struct diags *diags);
void tree_free(struct tree_builder *builder);

/*
 * The events.  @anchor is NULL if there is none; @text need not outlive the call.  The text of a
 * @plain scalar also decides its type; any other scalar is a string.  Each returns 0, or -1 after a
 * diagnostic, when reading must stop.
 */
int tree_document_start(struct tree_builder *builder);
int tree_document_end(struct tree_builder *builder);
int tree_mapping_start(struct tree_builder *builder, uint32_t line, uint32_t col,
		       const char *anchor);
int tree_sequence_start(struct tree_builder *builder, uint32_t line, uint32_t col,
			const char *anchor);
int tree_end(struct tree_builder *builder);
int tree_scalar(struct tree_builder *builder, uint32_t line, uint32_t col, const char *anchor,
		const char *text, size_t len, bool plain);
int tree_alias(struct tree_builder *builder, uint32_t line, uint32_t col, const char *anchor);

/* Reports what is wrong at that place; returns -1 like the events. */
int tree_refuse(struct tree_builder *builder, uint32_t line, uint32_t col, const char *what);

/*
 * Is the next node the value of a key that nobody looks at? A caller that can step over all of it
 * says so with tree_drop(), which returns how many mappings and sequences may be open in it at
 * once.
 */
bool tree_drops(const struct tree_builder *builder);
uint32_t tree_drop(struct tree_builder *builder);

/* Will the next scalar be skipped if it has no anchor? */
bool tree_skips(const struct tree_builder *builder);

#endif
