/*
 * Takes a table for one agent alone: two agents whose options differ would undo each other's work for ever.
 *
 * In: the table's name.  Out: the file that says which agent keeps the table, locked, or why this agent must not run.
 */
#ifndef NP2NFT_AGENT_KEEPER_H
#define NP2NFT_AGENT_KEEPER_H

#include "base/diag.h"

/*
 * Waits for the agent that this one replaces, which may still be ending, for some seconds at most, or until the file
 * descriptor @signals can be read.  *keeper gets the file of state_keep(), or -1 if it cannot be made, which does no
 * harm.  Returns 0; 1 if a signal has come first; or -1 after an error.
 */
int keeper_take(const char *table, int signals, int *keeper, struct diags *diags);

#endif
