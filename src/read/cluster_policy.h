/*
 * A tree to a ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2), as strict as its CRD, standard and
 * experimental.
 *
 * The hard idea: what the CRD takes but nobody can understand fails closed.  That is a selector that can match
 * nothing (its CRD checks the structure alone), and of a live object (reader->is_live) whatever is not known to this
 * version, since the server's CRD may be a newer one, or an older one that dropped a field.  A rule then accepts
 * nothing, or denies everything; a subject selects nobody.
 */
#ifndef NP2NFT_READ_CLUSTER_POLICY_H
#define NP2NFT_READ_CLUSTER_POLICY_H

#include "read/field.h"

#define CLUSTER_POLICY_API "policy.networking.k8s.io/v1alpha2"

/* Adds the policy to reader->objects, or diagnostics, every fault at once. */
void cluster_policy_read(struct reader *reader, const struct node *object);

/* Refuses an AdminNetworkPolicy or a BaselineAdminNetworkPolicy, and says what to write instead. */
void former_policy_read(struct reader *reader, const struct node *object);

#endif
