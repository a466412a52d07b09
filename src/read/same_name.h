/*
 * Checks that no two objects have the same name, and warns of pods that have an address in common.
 */
#ifndef NP2NFT_READ_SAME_NAME_H
#define NP2NFT_READ_SAME_NAME_H

#include "base/diag.h"

struct objects;

/* Sorts all objects by namespace and name, and reports those that occur twice. */
void objects_check(struct objects *objects, struct diags *diags);

#endif
