/*
 * From the events of a YAML or JSON reader to trees: a source mark on each node, aliases and merge
 * keys resolved, no cycles, no duplicate keys, bounded depth and expansion.
 *
 * In:  events, as read/yaml.c and read/json.c send them.
 * Out: a tree for each document; where a document is a list of objects (a mapping with `items`),
 *      one for each item as soon as it is complete, so that a large dump needs the memory of one.
 *
 * The hard idea: most of a dump is never looked at (a pod's volumes, its status).  A `shape` says
 * what of an object is kept; keys that it does not name are dropped, their values counted through and
 * not built.  An anchor inside is built nonetheless, for later aliases.
 */
#ifndef NP2NFT_READ_TREE_H
#define NP2NFT_READ_TREE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

/* What a scalar is to a Kubernetes client (YAML 1.1); see read/scalar.h. */
enum scalar_type {
	SCALAR_STRING,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,
	SCALAR_FLOAT,
	SCALAR_MERGE
};

struct node {
	enum node_kind kind;
	enum scalar_type type; /* of a scalar */
	uint32_t line, col;    /* where it begins, from 1 */
	uint32_t weight;       /* nodes in it, aliases counted out */
	uint32_t count;        /* bytes of a scalar, items of a sequence, pairs of a mapping */
	union {
		const char *text; /* NUL behind it; may hold a NUL itself */
		struct node **items;
		struct pair *pairs;
	};
};

struct pair {
	struct node *key; /* always a scalar */
	struct node *value;
};

/* What of a mapping is kept: the keys named; below them, what their own shape says (NULL: all). */
struct shape {
	const struct shape_key {
		const char *name; /* NULL ends the list */
		const struct shape *below;
	} * keys;
};

/* Where the trees go. */
struct tree_sink {
	void *context;

	/* What of a list itself is kept, beside its kind and its items; NULL: all. */
	const struct shape *list;

	/* The shape of an object whose `kind` is @kind, @len bytes (NULL: not known yet). */
	const struct shape *(*shape)(void *context, const char *kind, size_t len);

	/* A document or an item (@in_list); the tree lives until the call returns. */
	void (*object)(void *context, const struct node *object, bool in_list,
		       const char *list_kind);

	/* The end of a list's document; @list is its mapping, `items` in it empty. */
	void (*list_end)(void *context, const struct node *list);
};

struct tree_builder;

/* Diagnostics name @file.  The builder lives in memory of its own; tree_free() ends it. */
struct tree_builder *tree_new(const char *file, const struct tree_sink *sink, struct diags *diags);
void tree_free(struct tree_builder *builder);

/*
 * The events.  @anchor is NULL without one; @text need not outlive the call; of a @plain scalar it
 * also tells the type, any other is a string.  Each returns 0, or -1 after a diagnostic, when reading
 * must stop.
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

/* Says what is wrong there; returns -1, as the events do then. */
int tree_refuse(struct tree_builder *builder, uint32_t line, uint32_t col, const char *what);

/*
 * Is the next node the value of a key that nobody looks at?  Who can step over all of it says so by tree_drop(),
 * which returns how many mappings and sequences may be open in it at once.
 */
bool tree_drops(const struct tree_builder *builder);
uint32_t tree_drop(struct tree_builder *builder);

/* Is the next scalar, if it has no anchor, passed over? */
bool tree_skips(const struct tree_builder *builder);

/* The value of @key in the mapping @map; NULL if there is none, or @map is no mapping. */
struct node *node_get(const struct node *map, const char *key);

/* Is it the scalar null (a value that is not there counts as null)? */
bool node_is_null(const struct node *node);

/* Is it a scalar of these bytes? */
bool node_is(const struct node *node, const char *text);

static inline struct mark node_mark(const char *file, const struct node *node)
{
	return (struct mark){.file = file, .line = node->line, .col = node->col};
}

#endif
