/*
 * Policies of other kinds, such as Cilium's or Calico's: they are not read, but it is
 * said that they are there, for without them an answer may be wrong.
 *
 * In:  the kind and the apiVersion of an object.
 * Out: objects->others, and one warning for each kind.
 */
#ifndef NP2NFT_READ_OTHER_H
#define NP2NFT_READ_OTHER_H

#include "read/field.h"

/* What of such an object is looked at (read/tree.h). */
extern const struct shape other_policy_shape;

/* Is this the name of a kind of policies, in whatever group but networking.k8s.io? */
bool is_policy_kind(const char *kind, size_t len);

/* Is the group of @version another than networking.k8s.io, and none that is meant to be that one? */
bool is_other_group(const char *version);

/* Remembers @object, which is a policy of such a kind. */
void other_policy_read(struct reader *reader, const struct node *object);

/* When all is read: says what there is of each kind. */
void other_policies_tell(struct reader *reader);

#endif
