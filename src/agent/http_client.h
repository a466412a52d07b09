/*
 * Requests to one HTTPS server, many at a time, over one connection if the server speaks HTTP/2.
 *
 * In:  where the server is, how to recognise it, and paths to GET.  Out: for each request its
 * header, its bytes as they come, and how it ended.
 *
 * It uses libcurl, which no other file does.  The library is loaded when the first server is
 * opened: it brings some thirty libraries with it, for which no other command of this program
 * should have to wait.
 */
#ifndef NP2NFT_AGENT_HTTP_CLIENT_H
#define NP2NFT_AGENT_HTTP_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_request;

/* The bytes of a PEM file; NULL if there is none. */
struct pem {
	const void *bytes;
	size_t len;
};

/* Everything in it must live as long as the struct http. */
struct http_server {
	/* https://HOST:PORT, perhaps with a path that comes before all other paths */
	const char *url;
	const char
		*server_name; /* the name in the server's certificate; NULL: the host of the URL */
	/* who signs the server's certificate; none: the system's authorities do */
	struct pem authority;
	struct pem certificate, key; /* the client's own; none: it has no certificate */
	bool insecure;               /* accept any certificate */
};

struct http_answer {
	long status;      /* 200, 410 … */
	const char *type; /* the Content-Type; "" if there is none */
	long retry_after; /* seconds; 0: the server does not say */
};

/*
 * The functions that receive an answer.  From within them, http_cancel() of another request is the
 * only call allowed.
 */
struct http_receiver {
	void *context;
	/* Is called once, before any bytes. */
	void (*header)(void *context, const struct http_answer *answer);
	/* Returns 0, or -1 if it wants no more; then the request ends with an error. */
	int (*data)(void *context, const uint8_t *bytes, size_t len);
	/* Is the last call for a request.  @error is NULL if the answer was complete. */
	void (*end)(void *context, const char *error);
};

/* Returns NULL with *error if there is no libcurl.  http_close() frees it. */
struct http *http_open(const struct http_server *server, const char **error);
void http_close(struct http *http);

/*
 * Begins to GET @path (which includes its query).  @accept lists media types; @token is a bearer
 * token or NULL.  Both, and @receiver, are copied.  The receiver is called from within http_wait()
 * only.  Never returns NULL.
 */
struct http_request *http_get(struct http *http, const char *path, const char *accept,
			      const char *token, const struct http_receiver *receiver);

/* Ends a request without calling its receiver again. */
void http_cancel(struct http_request *request);

/*
 * Sends and receives until something came, or one of the @count files @others is ready (their
 * revents are set), or @timeout milliseconds are over.  Returns 0, or -1 with errno.
 */
int http_wait(struct http *http, struct pollfd *others, size_t count, int timeout);

#endif
