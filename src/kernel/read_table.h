/*
 * Reads the table in force over netlink, into the form in which rulesets are compared.
 *
 * In:  a watch over a table's name (family inet).  Out: a struct ruleset (ruleset/ruleset.h),
 * sorted by set_compare() and chain_compare(), or the answer that there is no such table.  Other
 * tables are not looked at.
 *
 * Everything that np2nft does not make (a rule that it never writes, a chain on another hook) is
 * marked as foreign, so that it equals nothing of ours and the comparison puts it right.
 *
 * The hard idea: a dump takes a while, and the kernel says only that somebody committed something
 * meanwhile, to whatever table.  The watch tells whether it was this table; if so, everything is
 * read again.  Commits to other tables can spoil only those lists in which the kernel continues a
 * dump by counting.
 */
#ifndef NP2NFT_KERNEL_READ_TABLE_H
#define NP2NFT_KERNEL_READ_TABLE_H

#include "base/diag.h"
#include "ruleset/ruleset.h"

struct arena;
struct kernel_watch;

/* What one request tells about the table. */
struct kernel_table_head {
	bool exists;
	/*
	 * the netlink port of the only socket that may change the table (its flag owner); 0: any
	 * may
	 */
	uint32_t owner;
	/*
	 * the kernel's number for the table; no other table of the network namespace ever gets the
	 * same
	 */
	uint64_t handle;
	bool foreign; /* it has flags or a comment, which ours never have */
};

/* Reads the head of the table.  Returns 0, or -1 with errno. */
int kernel_table_head(struct kernel_watch *watch, struct kernel_table_head *head);

struct kernel_table {
	bool exists;
	uint64_t handle;
	/*
	 * the generation of the namespace's nf_tables up to which the table is known to be like
	 * this
	 */
	uint32_t generation;
	struct ruleset ruleset; /* without stats */
};

/*
 * Reads the table; returns 0, or -1 after a diagnostic.  What @into refers to lives in @arena,
 * which is emptied before each try, so nothing else may live in it.
 */
int kernel_read(struct arena *arena, struct kernel_watch *watch, struct kernel_table *into,
		struct diags *diags);

/* Does the same with a watch of its own. */
int kernel_look(struct arena *arena, const char *table, struct kernel_table *into,
		struct diags *diags);

#endif
