/*
 * What a change of policies opens and closes.
 *
 * In:  the objects of two inputs.
 * Out: connections in the matrix's terms, with the policies responsible; as text, JSON or Markdown.
 */
#ifndef NP2NFT_ASK_COMPARE_COMPARE_H
#define NP2NFT_ASK_COMPARE_COMPARE_H

#include "ask/world/format.h"
#include "model/objects.h"

/* How many connections are opened and closed in *opened and *closed. */
const char *compare(struct arena *arena, const struct objects *old, const struct objects *new,
		    enum format format, size_t *opened, size_t *closed);

#endif
