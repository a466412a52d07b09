/*
 * Makes trees in the form of read/tree.h, from parts of others.
 *
 * Everything that is made lives in the arena that is given.  Parts of other trees are referred to,
 * and copied only by node_copy().
 */
#ifndef NP2NFT_READ_NODE_H
#define NP2NFT_READ_NODE_H

#include "read/tree.h"

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

#endif
