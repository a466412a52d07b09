/*
 * What an answer is without: said by every command, since a reader of the answer cannot see it.
 *
 * In:  all objects, sorted, and without error.
 * Out: a warning for each thing that can make the answer wrong, a note for what was passed over.
 */
#ifndef NP2NFT_READ_MISSING_H
#define NP2NFT_READ_MISSING_H

#include "read/field.h"

void missing_tell(struct reader *reader);

#endif
