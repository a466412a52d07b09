/*
 * Checks that the schema of a custom resource demands, beside the types that read/field.h knows:
 * required fields, exactly one of several fields, limits on lists.
 *
 * The API server drops nulls before it checks a schema, so a null field counts as missing.  A null
 * entry of a list is refused.
 */
#ifndef NP2NFT_READ_CRD_H
#define NP2NFT_READ_CRD_H

#include "read/field.h"

/* Returns the field @name of @map; if it is missing, NULL after an error. */
const struct tree_node *crd_required(struct reader *reader, const struct tree_node *map,
				     const char *name, const char *where);

/* Returns the mapping at @node, which must not be null; otherwise NULL after an error. */
const struct tree_node *crd_mapping(struct reader *reader, const struct tree_node *node,
				    const char *what);

/*
 * Returns which of @fields (ended by NULL) the mapping has; it must have exactly one of them and no
 * other field.  Otherwise returns -1 after an error.
 */
int crd_one_of(struct reader *reader, const struct tree_node *map, const char *const *fields,
	       const char *where);

/*
 * Returns the field @name of @map, a list of at most @max entries; NULL if it is missing, or after
 * an error.
 */
const struct tree_node *crd_list(struct reader *reader, const struct tree_node *map,
				 const char *name, uint32_t max);

/* Does the same for a list that must exist and must not be empty. */
const struct tree_node *crd_full_list(struct reader *reader, const struct tree_node *map,
				      const char *name, const char *where, uint32_t max);

/* Reports entries of a list of strings that occur twice. */
void crd_check_set(struct reader *reader, const struct tree_node *list, const char *what);

/*
 * Returns which of @words (ended by NULL) the required field @name of @map is; -1 after an error.
 */
int crd_word(struct reader *reader, const struct tree_node *map, const char *name,
	     const char *where, const char *const *words);

#endif
