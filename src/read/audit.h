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

/*
 * Says in words what is wrong with the annotation of @object, in @arena; returns NULL if nothing
 * is, or if there is no annotation.
 */
const char *audit_fault(struct arena *arena, const struct tree_node *object, bool of_cluster);

/*
 * Does the object ask for audit?  A faulty annotation is an error.  A live object that has one is
 * enforced as if it did not ask; audit_fault() then says what is wrong.
 */
bool audit_read(struct reader *reader, const struct tree_node *object, bool of_cluster);

#endif
