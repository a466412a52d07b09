/*
 * Decides what a plain scalar means to a Kubernetes client: YAML 1.1, as sigs.k8s.io/yaml turns it
 * into JSON (without sexagesimals, and a date is a string).
 */
#ifndef NP2NFT_READ_SCALAR_H
#define NP2NFT_READ_SCALAR_H

#include "read/tree_node.h"

/* The type of a scalar without quotes and tag. */
enum scalar_type scalar_resolve(const char *text, size_t len);

/*
 * Reads a whole number, which may also be written as 0x50, 0120 (octal), 1_000, 80.0 or 8e1;
 * returns false for anything else.  A number beyond 64 bits becomes another one beyond every limit.
 */
bool scalar_integer(const struct tree_node *node, int64_t *number);

/* The string that a mapping key becomes in JSON (`yes` becomes "true"); NULL if there is none. */
const char *scalar_key(struct arena *arena, const struct tree_node *node, size_t *len);

/* The type in words, for a diagnostic: "a string", "a number", "null" … */
const char *tree_type_name(const struct tree_node *node);

#endif
