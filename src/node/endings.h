/*
 * In:  a ruleset that is to be in force.
 * Out: the tracked connections that it would end (node/connections.h), in words and in one order, a line each.
 */
#ifndef NP2NFT_NODE_ENDINGS_H
#define NP2NFT_NODE_ENDINGS_H

struct arena;
struct diags;
struct ruleset;

/* Lines, empty where no connection ends; NULL after a diagnostic. */
const char *endings_text(struct arena *arena, const struct ruleset *ruleset, struct diags *diags);

#endif
