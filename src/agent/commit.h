/*
 * Brings the events of a cluster into the kernel's table.
 *
 * In:  a pipeline, with everything that has happened to it since the last time.  Out: the table is
 * as the pipeline's ruleset says, and the connections that it denies are ended.
 *
 * This is what `np2nft apply` does, by the same functions, with two differences.  The agent knows
 * what it committed last, and asks the kernel only if somebody else touched the table.  And it need
 * not look for connections to end after each change: the kernel lists either all connections or
 * none, so the agent looks only when something may have been denied, and spends no more than a
 * twentieth of its time on that.
 */
#ifndef NP2NFT_AGENT_COMMIT_H
#define NP2NFT_AGENT_COMMIT_H

#include "agent/refused_policies.h"
#include "base/diag.h"
#include "change/denied_connections.h"
#include "pipeline/pipeline.h"

struct commit_options {
	const char *table;
	bool force;     /* as in struct preflight_options */
	bool no_guard;  /* let pods send from any address */
	bool no_revoke; /* do not end connections */
};

struct commit {
	struct commit_options options;
	struct session *session;
	bool is_checked; /* preflight() found no reason not to enforce */
	bool is_known;   /* the table is equal to the pipeline's ruleset, as of the last commit */
	struct link_finder *finder; /* NULL: nothing is guarded */
	int link_news;              /* the file of kernel/link_watch.h; -1: links are not watched */
	long long look_at;          /* when to look at links again, by clock_milliseconds() */
	struct arena *touched_arena;
	struct touched touched;       /* the addresses whose connections were not looked at yet */
	long long end_at;             /* when to look at them; LLONG_MAX: never */
	struct connection_walk *walk; /* the walk that is under way; NULL: none is */
	struct arena *walk_arena;
	struct touched walked; /* the addresses whose connections the walk looks at */
	size_t ended;          /* how many connections it ended since they were last reported */
	/* how long the walk has taken until now, and how much of that on the processor */
	double walk_seconds, walk_work;
	long long rest_until; /* no walk begins before this time */
};

/* What a commit did. */
struct commit_result {
	size_t changes; /* how many were sent to the kernel; 0: the table was right already */
	bool repaired;  /* somebody else had touched the table */
	/* the policies that were closed because the kernel refuses them */
	const struct refused_policy *refused;
	size_t refused_count;
};

/* Begins; returns 0, or -1 after a diagnostic. */
int commit_begin(struct commit *commit, const struct commit_options *options, struct diags *diags);
void commit_end(struct commit *commit);

/*
 * Brings the table to what the pipeline says.  Returns 0, or -1 after a diagnostic, when it must be
 * called again.
 *
 * Policies because of which the kernel refuses the ruleset are closed, and noted in *result, in the
 * arena of @diags.
 *
 * If a pod of this node is concerned, or if it is time, the node's links are looked at first.  @now
 * is clock_milliseconds().
 */
int commit_pipeline(struct commit *commit, struct pipeline *pipeline, long long now,
		    struct commit_result *result, struct diags *diags);

/*
 * The first returns a file descriptor that is readable when links came or went; -1: links are not
 * watched.  commit_hears_links() takes the news; at the time commit->look_at, commit_pipeline()
 * must be called.
 */
int commit_links_fd(const struct commit *commit);
void commit_hears_links(struct commit *commit, long long now);

/*
 * Ends the connections that the changes so far deny.  It must be called at the time commit->end_at,
 * works for some milliseconds, and returns 1 if there is more to do.  When it is done it returns 0,
 * or -1 after a diagnostic (commit->end_at then says when to try again); *ended is how many
 * connections it ended, and *seconds how long it worked.
 */
int commit_end_connections(struct commit *commit, const struct pipeline *pipeline, long long now,
			   size_t *ended, double *seconds, struct diags *diags);

/* Is there already a table with addresses in it? */
bool commit_finds_table(const struct commit *commit);

/* A file descriptor that is readable when somebody else committed something to nf_tables. */
int commit_fd(const struct commit *commit);

/* Did somebody else touch the table? If so, commit_pipeline() puts it right. */
bool commit_is_disturbed(struct commit *commit, struct diags *diags);

/* The table may not be what was committed, although nobody else touched it: the next commit reads it. */
void commit_doubt(struct commit *commit);

/* Removes the table.  Returns 0, or -1 after a diagnostic. */
int commit_remove(struct commit *commit, struct diags *diags);

#endif
