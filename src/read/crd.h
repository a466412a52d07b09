/*
 * What the schema of a custom resource asks for, beside the types that read/field.h knows: fields that must be there,
 * one of several, lists of so many entries.
 *
 * The API server drops nulls before it looks at a schema, so that a null field counts as one that is not there; a
 * null entry of a list is refused.
 */
#ifndef NP2NFT_READ_CRD_H
#define NP2NFT_READ_CRD_H

#include "read/field.h"

/* The field @name of @map; NULL after an error if it is not there. */
const struct node *crd_required(struct reader *reader, const struct node *map, const char *name,
				const char *where);

/* The mapping at @node, which may not be null; NULL after an error. */
const struct node *crd_mapping(struct reader *reader, const struct node *node, const char *what);

/*
 * Which one of @fields (ended by NULL) the mapping has: exactly one must be there.  Otherwise, or if there is one that
 * is unknown, -1 after an error.
 */
int crd_one_of(struct reader *reader, const struct node *map, const char *const *fields,
	       const char *where);

/* The field @name of @map, a list of at most @max entries; NULL if it is not there, or after an error. */
const struct node *crd_list(struct reader *reader, const struct node *map, const char *name,
			    uint32_t max);

/* The same of one that must be there and may not be empty. */
const struct node *crd_full_list(struct reader *reader, const struct node *map, const char *name,
				 const char *where, uint32_t max);

/* Each entry of the list of strings may be there once. */
void crd_check_set(struct reader *reader, const struct node *list, const char *what);

/* Which one of @words (ended by NULL) the field @name of @map, which must be there, is; -1 after an error. */
int crd_word(struct reader *reader, const struct node *map, const char *name, const char *where,
	     const char *const *words);

#endif
