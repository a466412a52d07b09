/*
 * Trees that are made rather than read, in the form of read/tree.h: objects put together of parts of others.
 *
 * All that is made lives in the arena that is given; parts of other trees are referred to, not copied, unless
 * node_copy() is asked to.
 */
#ifndef NP2NFT_READ_NODE_H
#define NP2NFT_READ_NODE_H

#include "read/tree.h"

/* An empty mapping, and an empty list. */
struct node *node_map(struct arena *arena);
struct node *node_list(struct arena *arena);

/* A string; a copy of @text. */
struct node *node_text(struct arena *arena, const char *text);

/* Puts a pair behind the others; a @value of NULL is left out.  @key must not be there, and lives on. */
void node_put(struct arena *arena, struct node *map, const char *key, struct node *value);

/* Puts an item behind the others. */
void node_add(struct arena *arena, struct node *list, struct node *item);

/* The tree once more, texts too; NULL of NULL. */
struct node *node_copy(struct arena *arena, const struct node *node);

/* The text of a scalar under @key; "" if there is none. */
const char *node_text_in(const struct node *map, const char *key);

#endif
