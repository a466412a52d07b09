/*
 * Reads ClusterNetworkPolicies (policy.networking.k8s.io/v1alpha2) from trees, as strictly as the
 * CRDs of its standard and experimental channels.
 *
 * The hard idea: what the CRD accepts but nobody can understand fails closed.  That is a selector
 * that can match nothing (the CRD checks only its structure).  In a live object (reader->is_live)
 * it is everything that this version does not know, since the server may have a newer CRD, or an
 * older one that dropped a field.  A rule that fails closed accepts nothing or denies everything; a
 * subject that fails closed selects nobody.
 */
#ifndef NP2NFT_READ_CLUSTER_POLICY_H
#define NP2NFT_READ_CLUSTER_POLICY_H

#include "read/field.h"

#define CLUSTER_POLICY_API "policy.networking.k8s.io/v1alpha2"

/* Adds the policy to reader->objects, or a diagnostic for each fault. */
void cluster_policy_read(struct reader *reader, const struct tree_node *object);

/* Refuses an AdminNetworkPolicy or BaselineAdminNetworkPolicy, and says what to write instead. */
void former_policy_read(struct reader *reader, const struct tree_node *object);

#endif
