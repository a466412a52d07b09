/*
 * Notices policies of other kinds, such as Cilium's or Calico's.  They are not read, but reported,
 * since without them an answer may be wrong.
 *
 * In:  the kind and the apiVersion of an object.  Out: objects->others, and one warning for each
 * kind.
 */
#ifndef NP2NFT_READ_OTHER_POLICIES_H
#define NP2NFT_READ_OTHER_POLICIES_H

#include "read/field.h"

/* The parts of such an object that are read (read/tree.h). */
extern const struct shape other_policy_shape;

/* Does this name a kind of policies, whatever its group? */
bool is_policy_kind(const char *kind, size_t len);

/* Is the group of @version another than networking.k8s.io, and no misspelling of it? */
bool is_other_group(const char *version);

/* Remembers @object, which is a policy of another kind. */
void other_policy_read(struct reader *reader, const struct tree_node *object);

/* Reports at the end what there is of each kind. */
void other_policies_tell(struct reader *reader);

#endif
