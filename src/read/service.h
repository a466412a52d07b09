/* Reads Services from trees: the addresses and ports under which pods are reached. */
#ifndef NP2NFT_READ_SERVICE_H
#define NP2NFT_READ_SERVICE_H

#include "read/field.h"

/* The parts of a Service that are read (read/tree.h). */
extern const struct shape service_details;

/* Adds the Service to reader->objects. */
void service_read(struct reader *reader, const struct tree_node *object);

#endif
