/*
 * What objects must not have in common: names; and the addresses that pods have in common.
 */
#ifndef NP2NFT_READ_CHECK_H
#define NP2NFT_READ_CHECK_H

#include "base/diag.h"

struct objects;

/* Sorts all objects by namespace and name, and reports those that are there twice. */
void objects_check(struct objects *objects, struct diags *diags);

#endif
