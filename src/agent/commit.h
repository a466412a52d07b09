/*
 * From the events of a cluster to the kernel's table.
 *
 * In:  a pipeline, with whatever happened to it since the last time.
 * Out: the table as its ruleset says, and the connections that this denies, ended.
 *
 * This is what `np2nft apply` does, with its own functions.  There are two differences.  The agent knows what it
 * committed last, and does not ask the kernel unless somebody else touched the table.  And it need not look for
 * connections to end after each change: the kernel lists all that it tracks or none, so the agent looks only when
 * something may have been denied, and spends no more than a twentieth of its time on it.
 */
#ifndef NP2NFT_AGENT_COMMIT_H
#define NP2NFT_AGENT_COMMIT_H

#include "agent/refusals.h"
#include "base/diag.h"
#include "change/touched.h"
#include "pipeline/pipeline.h"

struct commit_options {
	const char *table;
	bool force;     /* see preflight() */
	bool no_guard;  /* pods may send in any name */
	bool no_revoke; /* connections live on */
};

struct commit {
	struct commit_options options;
	struct session *session;
	bool is_checked; /* preflight() found nothing in the way */
	bool is_known;   /* the table is as the pipeline's ruleset was when it was last asked */
	struct link_finder *finder; /* NULL: nothing is guarded */
	int link_news;              /* kernel/link_watch.h; -1: there is none */
	long long look_at; /* when links are to be looked at again, by clock_milliseconds() */
	struct arena *touched_arena;
	struct touched touched; /* whose connections were not looked at yet */
	long long end_at;       /* when they are to be; LLONG_MAX: not at all */
	long long rest_until;   /* not before this */
};

/* What one did. */
struct commit_result {
	size_t changes; /* sent to the kernel; 0: the table was right already */
	bool repaired;  /* somebody else had touched the table */
	const struct refused_policy *refused; /* that were closed because the kernel refuses them */
	size_t refused_count;
};

/* Returns 0, or -1 after a diagnostic. */
int commit_begin(struct commit *commit, const struct commit_options *options, struct diags *diags);
void commit_end(struct commit *commit);

/*
 * Brings the table to what the pipeline says.  Returns 0, or -1 after a diagnostic: then it is to be done again.
 *
 * Policies for which the kernel refuses the ruleset are closed, and noted in *result, in the arena of @diags.
 *
 * If a pod of this node is concerned, or it is time to, the node's links are looked at first; @now: clock_milliseconds().
 */
int commit_pipeline(struct commit *commit, struct pipeline *pipeline, long long now,
		    struct commit_result *result, struct diags *diags);

/*
 * Readable when links came or went; -1: they are not watched.  commit_hears_links() takes the news; when commit->look_at
 * has come, commit_pipeline() is to be called.
 */
int commit_links_fd(const struct commit *commit);
void commit_hears_links(struct commit *commit, long long now);

/*
 * Ends the connections that changes up to now deny; when commit->end_at has come.  Returns 0 with how many they were and
 * the seconds that it took; or -1 after a diagnostic: then commit->end_at says when to try again.
 */
int commit_end_connections(struct commit *commit, const struct pipeline *pipeline, long long now,
			   size_t *ended, double *seconds, struct diags *diags);

/* Is there a table already that holds any address? */
bool commit_finds_table(const struct commit *commit);

/* Readable when somebody else committed something to nf_tables. */
int commit_fd(const struct commit *commit);

/* Did somebody else touch the table?  Then commit_pipeline() puts it right. */
bool commit_is_disturbed(struct commit *commit, struct diags *diags);

/* Removes the table.  Returns 0, or -1 after a diagnostic. */
int commit_remove(struct commit *commit, struct diags *diags);

#endif
