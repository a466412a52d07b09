/*
 * The table in force, read over netlink into the form in which rulesets are compared.
 *
 * In:  a netlink socket and a table's name (family inet).
 * Out: a struct ruleset (ruleset/ruleset.h) whose names are sorted (set_compare(), chain_compare()); or the word that there
 *      is no such table.  Nothing of other tables is looked at.
 *
 * Whatever is not of our making (a rule that we never write, a chain on another hook) becomes something
 * that equals nothing of ours, so that the comparison puts it right.
 */
#ifndef NP2NFT_KERNEL_READ_H
#define NP2NFT_KERNEL_READ_H

#include "base/diag.h"
#include "ruleset/ruleset.h"

struct arena;
struct kernel_socket;

struct kernel_table {
	bool exists;
	uint32_t generation;    /* of all nf_tables of the network namespace, as it was read */
	struct ruleset ruleset; /* without stats */
};

/*
 * Reads it; returns 0, or -1 after a diagnostic.  A change by somebody else meanwhile makes it read
 * again.
 */
int kernel_read(struct arena *arena, struct kernel_socket *socket, const char *table,
		struct kernel_table *into, struct diags *diags);

/* The netlink port of the socket that owns the table (its flag owner: nobody else may change it); 0: none. */
uint32_t kernel_owner(struct kernel_socket *socket, const char *table);

/* The generation of all nf_tables of the network namespace; 0 if it cannot be known. */
uint32_t kernel_generation(struct kernel_socket *socket);

/* The same as kernel_read() with a socket of its own. */
int kernel_look(struct arena *arena, const char *table, struct kernel_table *into,
		struct diags *diags);

#endif
