/*
 * Reports what an answer does not take into account.  Every command does so, since the answer
 * itself does not show it.
 *
 * In:  all objects, sorted and without errors.  Out: a warning for each thing that can make the
 * answer wrong, and a note for what was passed over.
 */
#ifndef NP2NFT_READ_INCOMPLETE_H
#define NP2NFT_READ_INCOMPLETE_H

#include "read/field.h"

void missing_tell(struct reader *reader);

#endif
