/*
 * Has a fixed number of connections, each with a buffer of fixed size and a time at which it is cut
 * off.  Nothing blocks: the loop says when a socket can be read or written.
 */
#define _GNU_SOURCE /* accept4() */
#include "agent/http_server.h"

#include "base/guarded_call.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How many milliseconds a request and its answer may take. */
#define PATIENCE 10000

static const struct mark nowhere;

/* Splits HOST:PORT into its parts, without the brackets around an IPv6 address. */
static bool take_apart(const char *address, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (!colon || !colon[1] || len >= size)
		return false;
	if (len > 1 && *address == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	memcpy(host, address, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

static int listen_on(const struct addrinfo *at)
{
	const int on = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, SERVE_CLIENTS))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int serve_begin(struct serve *serve, const char *address, serve_asked asked, void *context,
		struct diags *diags)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char host[256];
	const char *port;

	serve->fd = -1;
	serve->asked = asked;
	serve->context = context;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		serve->clients[i].fd = -1;
	if (!address)
		return 0;
	if (!take_apart(address, host, sizeof(host), &port) ||
	    getaddrinfo(*host ? host : NULL, port, &hints, &found)) {
		diag_error(diags, nowhere,
			   "\"%s\" is no address to listen on, such as 0.0.0.0:9108", address);
		return -1;
	}
	serve->fd = listen_on(found);
	freeaddrinfo(found);
	if (serve->fd >= 0)
		return 0;
	diag_error(diags, nowhere, "cannot listen on %s: %s", address, strerror(errno));
	return -1;
}

static void drop(struct serve_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->answer);
	client->answer = NULL;
	client->fd = -1;
	client->have = client->sent = 0;
}

void serve_end(struct serve *serve)
{
	if (serve->fd < 0)
		return;
	close(serve->fd);
	serve->fd = -1;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		drop(&serve->clients[i]);
}

size_t serve_files(struct serve *serve, struct pollfd *files)
{
	size_t count = 0;

	if (serve->fd < 0)
		return 0;
	files[count++] = (struct pollfd){.fd = serve->fd, .events = POLLIN};
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		if (serve->clients[i].fd >= 0)
			files[count++] = (struct pollfd){
				.fd = serve->clients[i].fd,
				.events = serve->clients[i].answer ? POLLOUT : POLLIN};
	return count;
}

/*
 * Finds a free place, or else the client that came first: slow clients must not keep a probe away.
 * Returns NULL if all came just now.
 */
static struct serve_client *find_place(struct serve *serve, long long now)
{
	struct serve_client *first = NULL;

	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		struct serve_client *client = &serve->clients[i];

		if (client->fd < 0)
			return client;
		if (client->due < now + PATIENCE && (!first || client->due < first->due))
			first = client;
	}
	return first;
}

/* More clients than there are places wait in the queue of the socket, whose length is bounded, too. */
static void accept_all(struct serve *serve, long long now)
{
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		struct serve_client *client = find_place(serve, now);
		const int fd =
			client ? accept4(serve->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC) : -1;

		if (fd < 0)
			return;
		drop(client);
		client->fd = fd;
		client->due = now + PATIENCE;
	}
}

static void put_answer(struct serve_client *client, const struct serve_answer *answer)
{
	static const char form[] = "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
				   "Connection: close\r\n\r\n%s";
	const char *word = answer->status == 200   ? "OK"
			   : answer->status == 404 ? "Not Found"
			   : answer->status == 405 ? "Method Not Allowed"
						   : "Service Unavailable";
	const size_t len = strlen(answer->text), size = len + 256;

	client->answer = call_checked(malloc(size));
	client->len = (size_t)snprintf(client->answer, size, form, answer->status, word,
				       answer->type, len, answer->text);
	client->sent = 0;
}

static void answer(struct serve *serve, struct serve_client *client)
{
	static const struct serve_answer refused = {405, "text/plain", "GET alone is answered\n"};
	char *path = client->request + 4;
	struct serve_answer given = refused;

	if (!strncmp(client->request, "GET ", 4)) {
		path[strcspn(path, " ?\r\n")] = '\0';
		given = serve->asked(serve->context, path);
	}
	put_answer(client, &given);
}

static void receive(struct serve *serve, struct serve_client *client)
{
	const ssize_t got = recv(client->fd, client->request + client->have,
				 sizeof(client->request) - 1 - client->have, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(client);
		return;
	}
	client->have += (size_t)got;
	client->request[client->have] = '\0';
	if (strstr(client->request, "\r\n\r\n"))
		answer(serve, client);
	else if (client->have == sizeof(client->request) - 1)
		drop(client);
}

static void send_rest(struct serve_client *client)
{
	const ssize_t sent = send(client->fd, client->answer + client->sent,
				  client->len - client->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0)
		client->sent += (size_t)sent;
	if (sent < 0 || client->sent == client->len)
		drop(client);
}

void serve_step(struct serve *serve, long long now)
{
	if (serve->fd < 0)
		return;
	if (serve->has_caller)
		accept_all(serve, now);
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		struct serve_client *client = &serve->clients[i];

		if (client->fd >= 0 && !client->answer)
			receive(serve, client);
		if (client->fd >= 0 && client->answer)
			send_rest(client);
		if (client->fd >= 0 && now >= client->due)
			drop(client);
	}
}
