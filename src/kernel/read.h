/*
 * The table in force, read over netlink into the form in which rulesets are compared.
 *
 * In:  a watch over a table's name (family inet).
 * Out: a struct ruleset (ruleset/ruleset.h) whose names are sorted (set_compare(), chain_compare()); or the word that
 *      there is no such table.  Nothing of other tables is looked at.
 *
 * Whatever is not of our making (a rule that we never write, a chain on another hook) becomes something
 * that equals nothing of ours, so that the comparison puts it right.
 *
 * The hard idea: a dump takes a while, and the kernel says only that somebody committed something meanwhile, to
 * whatever table.  The watch says whether it was to this one.  Then all is read again; what was committed to
 * other tables spoils at most the lists in which the kernel finds the place where a dump goes on by counting.
 */
#ifndef NP2NFT_KERNEL_READ_H
#define NP2NFT_KERNEL_READ_H

#include "base/diag.h"
#include "ruleset/ruleset.h"

struct arena;
struct kernel_watch;

/* What one request tells of the table. */
struct kernel_table_head {
	bool exists;
	uint32_t
		owner; /* netlink port of the socket that alone may change it (its flag owner); 0: none */
	uint64_t
		handle; /* the kernel's number, which no other table of the network namespace ever has */
	bool foreign; /* with flags or a comment, which ours never has */
};

/* Returns 0, or -1 with errno. */
int kernel_table_head(struct kernel_watch *watch, struct kernel_table_head *head);

struct kernel_table {
	bool exists;
	uint64_t handle;
	uint32_t
		generation; /* of all nf_tables of the network namespace, up to which the table is like this */
	struct ruleset ruleset; /* without stats */
};

/*
 * Reads it; returns 0, or -1 after a diagnostic.  What @into refers to lives in @arena, which is emptied before each
 * try: nothing else may live in it.
 */
int kernel_read(struct arena *arena, struct kernel_watch *watch, struct kernel_table *into,
		struct diags *diags);

/* The same with a watch of its own. */
int kernel_look(struct arena *arena, const char *table, struct kernel_table *into,
		struct diags *diags);

#endif
