/*
 * Requests to one HTTPS server, many at a time, over one connection where the server speaks HTTP/2.
 *
 * In:  where the server is, how it is known to be the right one, and paths to GET.
 * Out: for each request its header, its bytes as they come, and how it ended.
 *
 * It is made of libcurl, which no other file knows.  The library is loaded when the first server is opened:
 * it brings some thirty libraries with it, and no other command of this program should wait for them.
 */
#ifndef NP2NFT_AGENT_HTTP_H
#define NP2NFT_AGENT_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_request;

/* Bytes of a PEM file; none: NULL. */
struct pem {
	const void *bytes;
	size_t len;
};

/* Everything here must live as long as the struct http. */
struct http_server {
	const char *url; /* https://HOST:PORT, and perhaps a path in front of all paths */
	const char
		*server_name; /* the name in the server's certificate; NULL: the host of the URL */
	struct pem
		authority; /* who signs the server's certificate; none: the system's authorities */
	struct pem certificate, key; /* of ours; none: no certificate */
	bool insecure;               /* believe any certificate */
};

struct http_answer {
	long status;      /* 200, 410 … */
	const char *type; /* Content-Type; "" if there is none */
	long retry_after; /* seconds; 0: the server does not say */
};

/* Who asked.  No call but http_cancel() of another request may be made from within these. */
struct http_receiver {
	void *context;
	/* Called once, before any bytes. */
	void (*header)(void *context, const struct http_answer *answer);
	/* Returns 0, or -1 if no more is wanted: then the request ends with an error. */
	int (*data)(void *context, const uint8_t *bytes, size_t len);
	/* The last call of a request.  @error is NULL if the answer came to its end. */
	void (*end)(void *context, const char *error);
};

/* NULL with *error if libcurl is not there.  Free: http_close(). */
struct http *http_open(const struct http_server *server, const char **error);
void http_close(struct http *http);

/*
 * Begins to GET @path (with its query).  @accept: media types; @token: NULL or a bearer token.  Both are
 * copied.  @receiver is copied, too, and called from within http_wait() alone.  Never NULL.
 */
struct http_request *http_get(struct http *http, const char *path, const char *accept,
			      const char *token, const struct http_receiver *receiver);

/* Ends a request without a call to its receiver. */
void http_cancel(struct http_request *request);

/*
 * Sends and receives, until there was something, one of the @count files @others is ready (their revents are
 * set), or @timeout milliseconds are over.  Returns 0, or -1 with errno.
 */
int http_wait(struct http *http, struct pollfd *others, size_t count, int timeout);

#endif
