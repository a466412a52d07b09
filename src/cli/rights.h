/*
 * What the process may do from some point on, whatever the input makes of it.
 *
 * In:  what a command needs.
 * Out: a process that has no other rights left: of the capabilities CAP_NET_ADMIN at most, no program that it could
 *      start, no network but what is asked for, no file to write but its own records, and, once it is known which,
 *      none to read but its input.
 *
 * The hard idea: rights are given up in steps, each as soon as nothing later needs them, and none comes back.  The
 * kernel does it (capabilities, seccomp, Landlock); what an older one does not have is left out without a word, since
 * nothing rests on it alone.
 */
#ifndef NP2NFT_CLI_RIGHTS_H
#define NP2NFT_CLI_RIGHTS_H

#include <stddef.h>

/* What a command needs, a bit each. */
enum rights {
	RIGHT_KERNEL = 1,  /* nf_tables, conntrack and routes, and records in /run/np2nft */
	RIGHT_NETWORK = 2, /* TCP, UDP and libraries that are loaded later: the agent */
	RIGHT_PROGRAM = 4, /* to start graphviz */
	RIGHT_OUTPUT = 8   /* to write a file anywhere */
};

/* Before anything of the input is read.  Also sweeps old records, which wants a right that is given up here. */
void rights_begin(unsigned needs);

/* @files, below the folders and files @paths, are the input: from here on no other files are read. */
void rights_read_only(const char *const *paths, size_t path_count, const char *const *files,
		      size_t file_count);

/* The input has been read: the right to read other users' files goes. */
void rights_end_reading(void);

#endif
