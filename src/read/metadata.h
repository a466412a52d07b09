/* Reads ObjectMeta as strictly as the API server: its fields, and the type of each. */
#ifndef NP2NFT_READ_METADATA_H
#define NP2NFT_READ_METADATA_H

#include "read/field.h"

/* The parts of the metadata that matter.  Names are copies, and "" after an error. */
struct metadata {
	const char *namespace, *name;
	struct mark mark;   /* where the name stands */
	const char *ignore; /* the value of the annotation IGNORE_ANNOTATION; NULL: none */
};

/* Reads the metadata of @object and reports every fault in it. */
struct metadata metadata_read(struct reader *reader, const struct tree_node *object);

/* Does the same for an object that has no namespace; one that is written does not count. */
struct metadata metadata_read_of_cluster(struct reader *reader, const struct tree_node *object);

#endif
