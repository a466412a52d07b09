/*
 * Makes trees in the form of read/tree.h, from parts of others.
 *
 * Everything that is made lives in the arena that is given.  Parts of other trees are referred to,
 * and copied only by tree_copy().
 */
#ifndef NP2NFT_READ_TREE_NODE_H
#define NP2NFT_READ_TREE_NODE_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum tree_kind { TREE_SCALAR, TREE_SEQUENCE, TREE_MAPPING };

/* What a scalar is to a Kubernetes client (YAML 1.1); see read/scalar.h. */
enum scalar_type {
	SCALAR_STRING,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,
	SCALAR_FLOAT,
	SCALAR_MERGE
};

struct tree_node {
	enum tree_kind kind;
	enum scalar_type type; /* only of a scalar */
	uint32_t line, col;    /* where it begins; both count from 1 */
	/* how many nodes it has, where an alias counts as all that it stands for */
	uint32_t weight;
	uint32_t count; /* how many bytes a scalar, items a sequence or pairs a mapping has */
	union {
		const char *text; /* a NUL follows it; it may also contain NULs */
		struct tree_node **items;
		struct pair *pairs;
	};
};

struct pair {
	struct tree_node *key; /* it is always a scalar */
	struct tree_node *value;
};

/* They make an empty mapping and an empty list. */
struct tree_node *tree_map(struct arena *arena);
struct tree_node *tree_list(struct arena *arena);

/* Makes a string from a copy of @text. */
struct tree_node *tree_text(struct arena *arena, const char *text);

/*
 * Appends a pair to the mapping, unless @value is NULL.  The mapping must not have @key yet; @key
 * is not copied.
 */
void tree_put(struct arena *arena, struct tree_node *map, const char *key, struct tree_node *value);

/* Appends an item to the list. */
void tree_add(struct arena *arena, struct tree_node *list, struct tree_node *item);

/* Copies a tree with its texts; NULL gives NULL. */
struct tree_node *tree_copy(struct arena *arena, const struct tree_node *node);

/* The text of the scalar under @key; "" if there is none. */
const char *tree_text_in(const struct tree_node *map, const char *key);

/* The value of @key in the mapping @map; NULL if there is none, or if @map is no mapping. */
struct tree_node *tree_get(const struct tree_node *map, const char *key);

/* Is it null? A missing value (NULL) counts as null. */
bool tree_is_null(const struct tree_node *node);

/* Is it a scalar with this text? */
bool tree_is(const struct tree_node *node, const char *text);

static inline struct mark tree_mark(const char *file, const struct tree_node *node)
{
	return (struct mark){.file = file, .line = node->line, .col = node->col};
}

#endif
