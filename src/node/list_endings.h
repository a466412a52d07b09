/*
 * Lists the connections that a ruleset would end.
 *
 * In:  a ruleset that is to be in force.  Out: the tracked connections that it would end
 * (node/end_connections.h), in words, sorted, one on each line.
 */
#ifndef NP2NFT_NODE_LIST_ENDINGS_H
#define NP2NFT_NODE_LIST_ENDINGS_H

struct arena;
struct diags;
struct ruleset;

/* Returns the lines, an empty text if no connection would end, or NULL after a diagnostic. */
const char *endings_text(struct arena *arena, const struct ruleset *ruleset, struct diags *diags);

#endif
