/*
 * What a plain scalar means to a Kubernetes client: YAML 1.1 as sigs.k8s.io/yaml reads it on the
 * way to JSON (no sexagesimals; a date is a string).
 */
#ifndef NP2NFT_READ_SCALAR_H
#define NP2NFT_READ_SCALAR_H

#include "read/tree.h"

/* The type of an unquoted scalar without a tag. */
enum scalar_type scalar_resolve(const char *text, size_t len);

/*
 * A whole number, also written as 0x50, 0120 (octal), 1_000, 80.0 or 8e1; false for anything else.  One
 * beyond 64 bits becomes some number that is as far out.
 */
bool scalar_integer(const struct node *node, int64_t *number);

/* The string that a mapping key becomes in JSON (1234, yes: "true"); NULL where there is none. */
const char *scalar_key(struct arena *arena, const struct node *node, size_t *len);

/* The type in words for a diagnostic: "a string", "a number", "null" … */
const char *node_type_name(const struct node *node);

#endif
