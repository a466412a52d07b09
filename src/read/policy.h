/*
 * Reads NetworkPolicies from trees as strictly as the API server: with its decoding (unknown
 * fields, types), its validation (pkg/apis/networking/validation) and its defaults.
 */
#ifndef NP2NFT_READ_POLICY_H
#define NP2NFT_READ_POLICY_H

#include "read/field.h"

/* Adds the policy to reader->objects, or a diagnostic for each fault. */
void policy_read(struct reader *reader, const struct tree_node *object);

#endif
