/*
 * A small HTTP server for probes and metrics, which runs in the loop of its caller: it answers GET
 * of a few paths.
 *
 * In:  an address to listen on; for a path, the text that answers it.  Out: answers to clients.
 *
 * Everything is bounded: the number of clients at a time, the length of a request, and the time
 * that it may take.  A client that exceeds a bound is cut off; others, and the caller's loop, do
 * not wait for it.
 */
#ifndef NP2NFT_AGENT_HTTP_SERVER_H
#define NP2NFT_AGENT_HTTP_SERVER_H

#include "base/diag.h"

#include <poll.h>
#include <stdbool.h>

#define SERVE_CLIENTS 16
#define SERVE_FILES   (SERVE_CLIENTS + 1)

struct serve_answer {
	int status;       /* 200, 404, 503 */
	const char *type; /* Content-Type */
	const char *text; /* it lives until the call that asked for it returns */
};

/* The answer to GET @path. */
typedef struct serve_answer (*serve_asked)(void *context, const char *path);

struct serve {
	int fd;          /* -1: the server does not run */
	bool has_caller; /* somebody waits to be accepted, as poll() said of the first file */
	serve_asked asked;
	void *context;
	struct serve_client {
		int fd; /* -1: the slot is free */
		long long due;
		char request[4096];
		size_t have;
		char *answer; /* NULL: the request is not complete yet */
		size_t len, sent;
	} clients[SERVE_CLIENTS];
};

/*
 * Begins to listen at HOST:PORT or [HOST]:PORT, in numbers; if @address is NULL, the server does
 * not run.  Returns 0, or -1 after a diagnostic.
 */
int serve_begin(struct serve *serve, const char *address, serve_asked asked, void *context,
		struct diags *diags);
void serve_end(struct serve *serve);

/* Writes the files to wait for to @files[SERVE_FILES]; returns how many there are. */
size_t serve_files(struct serve *serve, struct pollfd *files);

/*
 * Does everything that is possible now without waiting.  @now is in milliseconds of the monotonic
 * clock.
 */
void serve_step(struct serve *serve, long long now);

#endif
