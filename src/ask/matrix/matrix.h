/*
 * Who reaches whom on what, as a table.
 *
 * In:  a world.
 * Out: rows; as text, JSON, CSV or Markdown.
 */
#ifndef NP2NFT_ASK_MATRIX_MATRIX_H
#define NP2NFT_ASK_MATRIX_MATRIX_H

#include "ask/world/format.h"
#include "ask/world/world.h"

struct diags;

/*
 * Returns NULL after a diagnostic.  *isolated becomes true if every pod is isolated in both
 * directions.
 */
const char *matrix(struct arena *arena, const struct world *world, const struct view *view,
		   bool *isolated, struct diags *diags);

#endif
