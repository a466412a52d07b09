/*
 * A tree to a NetworkPolicy, as strict as the API server: its decoding (unknown fields, types) and
 * its validation (pkg/apis/networking/validation), defaults filled in.
 */
#ifndef NP2NFT_READ_POLICY_H
#define NP2NFT_READ_POLICY_H

#include "read/field.h"

/* Adds the policy to reader->objects, or diagnostics, every fault at once. */
void policy_read(struct reader *reader, const struct node *object);

#endif
