/*
 * A small HTTP server on somebody else's loop: GET of a few paths, for probes and metrics.
 *
 * In:  an address to listen on; and for a path, the text that answers it.
 * Out: answers to those who ask.
 *
 * Everything about it is bounded: how many may ask at a time, how long a request is, how long it may take.  Who does
 * not keep to that is cut off; the others, and whoever runs the loop, are not held up.
 */
#ifndef NP2NFT_AGENT_SERVE_H
#define NP2NFT_AGENT_SERVE_H

#include "base/diag.h"

#include <poll.h>
#include <stdbool.h>

#define SERVE_CLIENTS 16
#define SERVE_FILES   (SERVE_CLIENTS + 1)

struct serve_answer {
	int status;       /* 200, 404, 503 */
	const char *type; /* Content-Type */
	const char *text; /* lives until the call that asked for it returns */
};

/* The answer to GET @path. */
typedef struct serve_answer (*serve_asked)(void *context, const char *path);

struct serve {
	int fd; /* -1: nobody is served */
	serve_asked asked;
	void *context;
	struct serve_client {
		int fd; /* -1: free */
		long long due;
		char request[4096];
		size_t have;
		char *answer; /* NULL: the request is not whole yet */
		size_t len, sent;
	} clients[SERVE_CLIENTS];
};

/* @address: HOST:PORT or [HOST]:PORT, in numbers; NULL: nobody is served.  Returns 0, or -1 after a diagnostic. */
int serve_begin(struct serve *serve, const char *address, serve_asked asked, void *context,
		struct diags *diags);
void serve_end(struct serve *serve);

/* What to wait for, into @files[SERVE_FILES]; returns how many. */
size_t serve_files(struct serve *serve, struct pollfd *files);

/* Does what can be done now without waiting; @now: milliseconds of the monotonic clock. */
void serve_step(struct serve *serve, long long now);

#endif
