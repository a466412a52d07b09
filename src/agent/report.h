/*
 * What the running agent tells people about itself.
 *
 * In:  the agent's state, and what a commit did.  Out: lines of the log, the counters behind the
 * metrics, and the record beside the table, which `np2nft status` shows.
 */
#ifndef NP2NFT_AGENT_REPORT_H
#define NP2NFT_AGENT_REPORT_H

struct agent;
struct commit_result;
struct diags;

/* Writes each diagnostic as a line of the log. */
void report_diags(struct agent *agent, const struct diags *diags);

/* Reports and counts a commit that succeeded. */
void report_commit(struct agent *agent, const struct commit_result *result);

/* Reports each fault of an object when it comes and when it is gone. */
void report_faults(struct agent *agent);

/* Asks for the record to be written soon, but not after each event. */
void report_record_soon(struct agent *agent, long long now);

/* Writes the record if it is due. */
void report_record(struct agent *agent, long long now);

#endif
