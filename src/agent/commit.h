/*
 * From the events of a cluster to the kernel's table.
 *
 * In:  a pipeline, with whatever happened to it since the last time.
 * Out: the table as its ruleset says, and the connections that this denies, ended.
 *
 * This is what `np2nft apply` does, with its own functions.  The one difference is that the agent knows what it
 * committed last, and does not ask the kernel unless somebody else touched the table.
 */
#ifndef NP2NFT_AGENT_COMMIT_H
#define NP2NFT_AGENT_COMMIT_H

#include "base/diag.h"
#include "pipeline/pipeline.h"

struct commit_options {
	const char *table;
	bool force;     /* see preflight() */
	bool no_revoke; /* connections live on */
};

struct commit {
	struct commit_options options;
	struct session *session;
	bool is_checked; /* preflight() found nothing in the way */
	bool is_known;   /* the table is as the pipeline's ruleset was when it was last asked */
};

/* What one did. */
struct commit_result {
	size_t changes; /* sent to the kernel; 0: the table was right already */
	size_t ended;   /* connections */
	bool repaired;  /* somebody else had touched the table */
};

/* Returns 0, or -1 after a diagnostic. */
int commit_begin(struct commit *commit, const struct commit_options *options, struct diags *diags);
void commit_end(struct commit *commit);

/* Brings the table to what the pipeline says.  Returns 0, or -1 after a diagnostic: then it is to be done again. */
int commit_pipeline(struct commit *commit, struct pipeline *pipeline, struct commit_result *result,
		    struct diags *diags);

/* Is there a table already that holds any address? */
bool commit_finds_table(const struct commit *commit);

/* Readable when somebody else committed something to nf_tables. */
int commit_fd(const struct commit *commit);

/* Did somebody else touch the table?  Then commit_pipeline() puts it right. */
bool commit_is_disturbed(struct commit *commit, struct diags *diags);

/* Removes the table.  Returns 0, or -1 after a diagnostic. */
int commit_remove(struct commit *commit, struct diags *diags);

#endif
