/*
 * When and from what the table was applied: a record beside the table, not in it, so that an apply that
 * changes nothing stays silent in the kernel.
 *
 * It is a small file in /run/np2nft, named after the network namespace (its inode) and the table.  An
 * inode's number is given out again when its namespace is gone, so the record also holds the
 * namespace's cookie, which never is: the record of another namespace reads as none.
 */
#ifndef NP2NFT_NODE_STATE_H
#define NP2NFT_NODE_STATE_H

#include "base/diag.h"

#include <stdbool.h>

struct arena;

#define STATE_DIRECTORY "/run/np2nft"

/* So many PATHs are kept, of those that there were. */
#define STATE_PATHS 16

struct state {
	int64_t time;        /* seconds since 1970, UTC */
	const char *version; /* of the np2nft that applied */
	/* "-" for standard input; as they were named, once read back absolute. */
	const char *const *paths;
	size_t path_count; /* all that were named; read back, the array holds STATE_PATHS at most */
	size_t policies, pods;
	/* Read back: what the agent that keeps the table said last, and whether it runs; NULL: there is none. */
	const char *agent;
	bool agent_runs;
	const char **faults; /* lines about what is wrong with objects, told by that agent */
	size_t fault_count;
	const char *
		trouble; /* why the record could not be read, though there may be one; NULL: there is none */
};

/*
 * For an agent: makes the file in which it says how it is, and holds a lock on it for as long as the file
 * descriptor that is returned is open; whoever finds the lock free knows that the agent is gone, in whatever
 * container it was.  -1 after a note.
 */
int state_keep(struct arena *arena, const char *table, struct diags *diags);

/*
 * Text in place of what the file @fd said before: a line about the agent, and one about each fault; failing is no harm.
 */
void state_say(int fd, const char *text);

/*
 * Writes the record of the table, atomically; relative paths are made absolute.  What fails is a note:
 * the policies are enforced without it.
 */
void state_write(struct arena *arena, const char *table, const struct state *state,
		 struct diags *diags);

/* Reads it; false if there is none, or (with state->trouble) it cannot be read.  Strings live in the arena. */
bool state_read(struct arena *arena, const char *table, struct state *state);

/* Removes it; fine if there is none. */
void state_remove(struct arena *arena, const char *table);

/*
 * The path of another file about the table: that of the record with @what behind it, which begins with a %, as no
 * table's name has it.  NULL with errno if the namespace has no number.
 */
const char *state_path(struct arena *arena, const char *table, const char *what);

/* Makes STATE_DIRECTORY; returns 0, also if it is there already, or -1 with errno. */
int state_make_directory(void);

/*
 * Opens, empty, the file beside @path that is to take its place, for who calls state_put_new() or state_drop_new() next,
 * which both close it.  Its name is always the same: what a process that was killed left there is used again.  Waits for
 * another process that writes it.  Returns a file descriptor, or -1 with errno.
 */
int state_open_new(struct arena *arena, const char *path);

/* Puts it in the place of @path.  Returns 0; or -1 with errno, and it is gone. */
int state_put_new(struct arena *arena, const char *path, int fd);

/* Removes it; errno stays. */
void state_drop_new(struct arena *arena, const char *path, int fd);

/* The number of the network namespace that is never given out again; 0 if the kernel has none. */
uint64_t state_cookie(void);

#endif
