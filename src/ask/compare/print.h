/*
 * A comparison as text, Markdown and JSON.
 *
 * In:  rows of two worlds, what changed between them.  Out: text in an arena.
 */
#ifndef NP2NFT_ASK_COMPARE_PRINT_H
#define NP2NFT_ASK_COMPARE_PRINT_H

#include "ask/compare/comparison.h"

const char *comparison_text(struct arena *arena, const struct comparison *comparison);
const char *comparison_md(struct arena *arena, const struct comparison *comparison);
const char *comparison_json(struct arena *arena, const struct comparison *comparison);

#endif
