/*
 * The record of when and from what the table was applied.  It stands beside the table, not in it,
 * so that an apply which changes nothing commits nothing.
 *
 * It is a small file in /run/np2nft, named after the inode of the network namespace and the table.
 * The kernel uses inode numbers again when a namespace is gone, so the record also has the
 * namespace's cookie, which is never used again; the record of another namespace counts as none.
 */
#ifndef NP2NFT_NODE_APPLY_RECORD_H
#define NP2NFT_NODE_APPLY_RECORD_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;

#define STATE_DIRECTORY "/run/np2nft"

/* At most so many of the paths are kept. */
#define STATE_PATHS 16

struct state {
	int64_t time;        /* in seconds since 1970, UTC */
	const char *version; /* the version of np2nft that applied it */
	/*
	 * the kernel's number for the table: a table with another number was made later, by somebody
	 * else; 0: not known
	 */
	uint64_t handle;
	/*
	 * The paths as they were named ("-" is standard input); when read back, they are absolute.
	 */
	const char *const *paths;
	/*
	 * the number of all paths that were named; when read back, the array holds at most
	 * STATE_PATHS
	 */
	size_t path_count;
	size_t policies, pods;
	/*
	 * When read back: what the agent that keeps the table said last, and whether it runs; NULL:
	 * there is no agent.
	 */
	const char *agent;
	bool agent_runs;
	const char **faults; /* lines of that agent about what is wrong with objects */
	size_t fault_count;
	const char *
		trouble; /* why the record could not be read; NULL: it was read, or there is none */
};

/*
 * For an agent: makes the file in which it reports its state, and locks it for as long as the file
 * descriptor that is returned is open.  Whoever finds the file unlocked knows that the agent is
 * gone, in whatever container it was.  Returns -1 if another agent keeps the table, which *kept then
 * tells, or after a note that the file cannot be made or locked.
 */
int state_keep(struct arena *arena, const char *table, bool *kept, struct diags *diags);

/*
 * Replaces what the file @fd said: a line about the agent, and one about each fault.  A failure
 * does no harm.
 */
void state_say(int fd, const char *text);

/*
 * Writes the record of the table, atomically; relative paths are made absolute.  A failure is only
 * a note, since policies are enforced without the record.
 */
void state_write(struct arena *arena, const char *table, const struct state *state,
		 struct diags *diags);

/*
 * Reads the record; returns false if there is none, or (with state->trouble) if it cannot be read.
 * Strings live in the arena.
 */
bool state_read(struct arena *arena, const char *table, struct state *state);

/* Removes the record.  It is no error if there is none. */
void state_remove(struct arena *arena, const char *table);

/*
 * The path of another file about the table: that of the record, followed by @what, which begins
 * with a %, since no table's name contains one.  NULL with errno if the namespace has no number.
 */
const char *state_path(struct arena *arena, const char *table, const char *what);

/* Makes STATE_DIRECTORY; returns 0, also if it exists already, or -1 with errno. */
int state_make_directory(void);

/*
 * Opens a new, empty file that shall replace @path.  The caller must call state_put_new() or
 * state_drop_new() next; both close it.  Its name is always the same, so what a killed process left
 * is used again.  If another process is writing it, this waits.  Returns a file descriptor, or -1
 * with errno.
 */
int state_open_new(struct arena *arena, const char *path);

/*
 * Puts the new file in the place of @path.  Returns 0; or -1 with errno, when the new file is gone.
 */
int state_put_new(struct arena *arena, const char *path, int fd);

/* Removes the new file; errno is unchanged. */
void state_drop_new(struct arena *arena, const char *path, int fd);

/*
 * The cookie of the network namespace, a number that is never used again; 0 if the kernel has none.
 */
uint64_t state_cookie(void);

#endif
