/*
 * Gives up the rights that a command does not need, so that a fault in reading the input can do
 * little harm.
 *
 * In:  the rights that a command needs.  Out: a process that has no other rights: no capability but
 * that of reading its input, until it has; and if it speaks to the kernel, a carrier that does so
 * for it (np2nft.h) and has CAP_NET_ADMIN; no program that it could start, no network unless it needs
 * one, no file to write but its own records, and, once the files of the input are known, no other
 * file to read.
 *
 * The hard idea: rights are given up in steps, each as soon as nothing later needs them, and cannot
 * be had back.  The kernel enforces it (capabilities, seccomp, Landlock).  What an older kernel
 * does not have is left out without a message, since nothing depends on it alone.
 */
#ifndef NP2NFT_CLI_RIGHTS_H
#define NP2NFT_CLI_RIGHTS_H

#include <stddef.h>

/* The rights that a command needs; the values are bits. */
enum rights {
	RIGHT_KERNEL = 1,  /* nf_tables, conntrack and routes, and the records in /run/np2nft */
	RIGHT_NETWORK = 2, /* TCP and UDP, and libraries that are loaded later; for the agent */
	RIGHT_PROGRAM = 4, /* starting graphviz */
	RIGHT_OUTPUT = 8   /* writing a file anywhere */
};

/*
 * Must be called before anything of the input is read.  It also removes old records, since that
 * needs a right which it gives up, and begins the carrier (np2nft.h) for a command that needs one,
 * which may change that table (NULL: the usual one).  Returns 0, or -1 with errno if there is no
 * carrier.
 */
int rights_begin(unsigned needs, const char *table);

/* Must be called at the end.  Returns 0, or -1 if the carrier has not lived so long. */
int rights_end(void);

/*
 * From now on, no other files can be read than @files, which are among, or below, the input's
 * @paths.
 */
void rights_read_only(const char *const *paths, size_t path_count, const char *const *files,
		      size_t file_count);

/*
 * Must be called when the input has been read: gives up the right to read the files of other users.
 */
void rights_end_reading(void);

#endif
