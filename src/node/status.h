/*
 * What is in force.
 *
 * In:  the table as it was read from the kernel, and the record of when it was applied.  Out:
 * counts as plain data; and these as text or JSON.
 *
 * Whether the table is what the policies say cannot be told without the policies (change/diff.h
 * does that).  But it is reported if the table is as no policies would make it, above all if its
 * base chain was emptied.
 */
#ifndef NP2NFT_NODE_STATUS_H
#define NP2NFT_NODE_STATUS_H

#include "kernel/read_table.h"
#include "model/objects.h"
#include "node/kept_ruleset.h"
#include "node/apply_record.h"

struct arena;

/* What every command says that looks for a table and finds none; %s is its name. */
#define STATUS_NO_TABLE "nothing in force: there is no table inet %s"

struct status_group {
	const char *name; /* the name of its chain: DIRECTION/NAMESPACE/POLICIES[/PORTS] */
	uint64_t packets, bytes;
};

struct status {
	bool in_force; /* there is a table; if false, only its name is known */
	const char *table;
	uint64_t handle;             /* the kernel's number for it */
	size_t isolated[DIRECTIONS]; /* pods; those that audited policies alone isolate are not */
	size_t policies;             /* that isolate pods, */
	bool policies_cut;   /* or at least so many: what was applied is not kept, or was changed */
	enum kept_mark mark; /* whether the last apply came to its end */
	enum kept_sameness kept;     /* whether the table is as the last apply left it */
	struct status_group *groups; /* most packets first, then by name */
	size_t group_count;
	struct status_group *
		audited; /* the same of groups that audited policies alone isolate: what they would deny */
	size_t audited_count;
	/* what the tiers of cluster policies denied: by tier, then as the groups; the names end in the tier's */
	struct status_group *tiers[TIERS];
	size_t tier_counts[TIERS];
	/* what is denied since an address is that of several pods which cluster policies tell apart (name unused) */
	struct status_group mixed;
	/* What no group was asked about: TCP that begins midway, and what stays on a link (names unused). */
	struct status_group midstream, link;
	size_t sets, elements; /* of sets of peers, not of maps */
	/* the parts that no ruleset of ours has like this, for example "chain forward" */
	const char **altered;
	size_t altered_count;
};

/* Finds out what is in force.  The result lives as long as @arena and @table. */
struct status status_of(struct arena *arena, const struct kernel_table *table);

/*
 * In both @state is what state_read() gave, whether it is a record (version not NULL), none, or trouble.  The text is
 * lines for a terminal, free of control characters; the JSON one object and a newline, in UTF-8.
 */
const char *status_text(struct arena *arena, const struct status *status,
			const struct state *state);
const char *status_json(struct arena *arena, const struct status *status,
			const struct state *state);

#endif
