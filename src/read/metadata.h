/*
 * ObjectMeta, as strict as the API server: its fields, and the type of each.
 */
#ifndef NP2NFT_READ_METADATA_H
#define NP2NFT_READ_METADATA_H

#include "read/field.h"

/* What of it matters; names are copied, and "" after an error. */
struct metadata {
	const char *namespace, *name;
	struct mark mark;   /* of the name */
	const char *ignore; /* the annotation IGNORE_ANNOTATION; NULL: none */
};

/* The metadata of @object; every fault in it is reported. */
struct metadata metadata_read(struct reader *reader, const struct node *object);

/* The same of an object that is in no namespace: what is written there does not count. */
struct metadata metadata_read_of_cluster(struct reader *reader, const struct node *object);

#endif
