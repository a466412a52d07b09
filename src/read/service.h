/*
 * Trees to Services: the addresses and ports under which pods are spoken to.
 */
#ifndef NP2NFT_READ_SERVICE_H
#define NP2NFT_READ_SERVICE_H

#include "read/field.h"

/* What of a Service is looked at (read/tree.h). */
extern const struct shape service_details;

/* Adds the Service to reader->objects. */
void service_read(struct reader *reader, const struct node *object);

#endif
