/*
 * The annotation that asks for audit of a policy.
 *
 * In:  an object.  Out: whether it asks, and what is wrong with how it asks.
 *
 * A policy that is audited denies nothing: what it would deny is counted.  Only a NetworkPolicy can be audited.
 */
#ifndef NP2NFT_READ_AUDIT_H
#define NP2NFT_READ_AUDIT_H

#include "read/field.h"

/* What is wrong with the annotation of @object, in words, in @arena; NULL: nothing, or there is none. */
const char *audit_fault(struct arena *arena, const struct node *object, bool of_cluster);

/*
 * Does the object ask for audit?  What is wrong is an error; a live object is then enforced as if it did not ask, and
 * whoever reads it asks audit_fault().
 */
bool audit_read(struct reader *reader, const struct node *object, bool of_cluster);

#endif
