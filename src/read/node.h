/*
 * Makes trees in the form of read/tree.h, from parts of others.
 *
 * Everything that is made lives in the arena that is given.  Parts of other trees are referred to,
 * and copied only by node_copy().
 */
#ifndef NP2NFT_READ_NODE_H
#define NP2NFT_READ_NODE_H

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
	enum scalar_type type; /* only of a scalar */
	uint32_t line, col;    /* where it begins; both count from 1 */
	/* how many nodes it has, where an alias counts as all that it stands for */
	uint32_t weight;
	uint32_t count; /* how many bytes a scalar, items a sequence or pairs a mapping has */
	union {
		const char *text; /* a NUL follows it; it may also contain NULs */
		struct node **items;
		struct pair *pairs;
	};
};

struct pair {
	struct node *key; /* it is always a scalar */
	struct node *value;
};

/* They make an empty mapping and an empty list. */
struct node *node_map(struct arena *arena);
struct node *node_list(struct arena *arena);

/* Makes a string from a copy of @text. */
struct node *node_text(struct arena *arena, const char *text);

/*
 * Appends a pair to the mapping, unless @value is NULL.  The mapping must not have @key yet; @key
 * is not copied.
 */
void node_put(struct arena *arena, struct node *map, const char *key, struct node *value);

/* Appends an item to the list. */
void node_add(struct arena *arena, struct node *list, struct node *item);

/* Copies a tree with its texts; NULL gives NULL. */
struct node *node_copy(struct arena *arena, const struct node *node);

/* The text of the scalar under @key; "" if there is none. */
const char *node_text_in(const struct node *map, const char *key);

/* The value of @key in the mapping @map; NULL if there is none, or if @map is no mapping. */
struct node *node_get(const struct node *map, const char *key);

/* Is it null? A missing value (NULL) counts as null. */
bool node_is_null(const struct node *node);

/* Is it a scalar with this text? */
bool node_is(const struct node *node, const char *text);

static inline struct mark node_mark(const char *file, const struct node *node)
{
	return (struct mark){.file = file, .line = node->line, .col = node->col};
}

#endif
