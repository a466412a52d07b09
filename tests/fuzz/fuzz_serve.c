/*
 * Plays several clients of the agent's small HTTP server, and its clock.
 *
 * In:  bytes, each of which is an act: its lowest three bits say which, the others of which client, and a byte behind it
 * how much (enum act).  Out: the server keeps its promises: no more clients than it has room for, a whole answer or
 * none, and nobody keeps a connection for longer than its patience.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "fuzz.h"

#include "agent/http_server.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS    32     /* more than the server has room for */
#define PATIENCE   60000  /* more milliseconds than a client gets */
#define LONG_BYTES 400000 /* more than a socket takes at once */

enum act {
	ACT_CONNECT,
	ACT_SEND,
	ACT_READ,
	ACT_END_SENDING,
	ACT_CLOSE,
	ACT_WAIT,
	ACT_ASK,
	ACT_ASK_LONG
};

/* One end of each connection, and what was read from it. */
struct play {
	struct serve serve;
	struct sockaddr_un address;
	socklen_t address_len;
	int clients[CLIENTS]; /* -1: it is not connected */
	size_t got[CLIENTS];
	char begin[CLIENTS][256]; /* the first bytes of the answer */
	long long now;
};

static char long_text[LONG_BYTES];

static struct serve_answer asked(void *context, const char *path)
{
	(void)context;
	fuzz_must(strlen(path) < 4096 && !strpbrk(path, " ?\r\n"));
	if (!strncmp(path, "/long", 5))
		return (struct serve_answer){200, "text/plain", long_text};
	if (!strncmp(path, "/no", 3))
		return (struct serve_answer){404, "text/plain", "no\n"};
	return (struct serve_answer){path[0] == '/' ? 200 : 503, "text/plain", "yes\n"};
}

static void open_play(struct play *play)
{
	memset(play, 0, sizeof(*play));
	memset(long_text, 'x', sizeof(long_text) - 1);
	for (size_t i = 0; i < CLIENTS; i++)
		play->clients[i] = -1;
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		play->serve.clients[i].fd = -1;
	play->serve.asked = asked;
	play->serve.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	/* With the family alone, the kernel chooses an address. */
	play->address = (struct sockaddr_un){.sun_family = AF_UNIX};
	play->address_len = sizeof(play->address);
	fuzz_must(!bind(play->serve.fd, (struct sockaddr *)&play->address, sizeof(sa_family_t)) &&
		  !listen(play->serve.fd, SERVE_CLIENTS) &&
		  !getsockname(play->serve.fd, (struct sockaddr *)&play->address,
			       &play->address_len));
}

static void close_client(struct play *play, size_t i)
{
	if (play->clients[i] >= 0)
		close(play->clients[i]);
	play->clients[i] = -1;
}

static void connect_client(struct play *play, size_t i)
{
	if (play->clients[i] >= 0)
		return;
	play->got[i] = 0;
	play->clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(play->clients[i], (struct sockaddr *)&play->address, play->address_len))
		close_client(play, i);
}

/* An answer that ends must have ended as its head says. */
static void check_answer(const char *begin, size_t got)
{
	const char *length, *body;

	if (!got)
		return;
	fuzz_must(!strncmp(begin, "HTTP/1.1 200 ", 13) || !strncmp(begin, "HTTP/1.1 404 ", 13) ||
		  !strncmp(begin, "HTTP/1.1 405 ", 13) || !strncmp(begin, "HTTP/1.1 503 ", 13));
	length = strstr(begin, "Content-Length: ");
	body = strstr(begin, "\r\n\r\n");
	fuzz_must(got < 128 || (length && body));
	if (length && body)
		fuzz_must(got <= (size_t)(body + 4 - begin) + strtoul(length + 16, NULL, 10));
}

/* Reads so many bytes, and checks what has come by then. */
static void read_client(struct play *play, size_t i, size_t len)
{
	char bytes[4096];

	while (play->clients[i] >= 0 && len) {
		const ssize_t got =
			recv(play->clients[i], bytes, len < sizeof(bytes) ? len : sizeof(bytes), 0);

		if (got <= 0)
			break;
		for (size_t k = 0; k < (size_t)got && play->got[i] + k < sizeof(*play->begin) - 1;
		     k++)
			play->begin[i][play->got[i] + k] = bytes[k];
		play->got[i] += (size_t)got;
		len -= (size_t)got;
	}
	play->begin[i][play->got[i] < 255 ? play->got[i] : 255] = '\0';
	check_answer(play->begin[i], play->got[i]);
}

static void send_text(const struct play *play, size_t i, const void *bytes, size_t len)
{
	if (play->clients[i] >= 0)
		send(play->clients[i], bytes, len, MSG_NOSIGNAL);
}

/* Does an act; returns how many more bytes it took. */
static size_t act(struct play *play, uint8_t what, uint8_t much, const uint8_t *rest, size_t len)
{
	static const char plain[] = "GET /no HTTP/1.1\r\n\r\n",
			  large[] = "GET /long?x HTTP/1.1\r\nA: b\r\n\r\n";
	const size_t i = what >> 3;

	switch ((enum act)(what & 7)) {
	case ACT_CONNECT:
		connect_client(play, i);
		return 0;
	case ACT_SEND:
		len = len < much ? len : much;
		send_text(play, i, rest, len);
		return len;
	case ACT_READ:
		read_client(play, i, (size_t)much * 2048);
		return 0;
	case ACT_END_SENDING:
		if (play->clients[i] >= 0)
			shutdown(play->clients[i], SHUT_WR);
		return 0;
	case ACT_CLOSE:
		close_client(play, i);
		return 0;
	case ACT_WAIT:
		play->now += much * 1000LL;
		return 0;
	case ACT_ASK:
		send_text(play, i, plain, strlen(plain));
		return 0;
	case ACT_ASK_LONG:
		send_text(play, i, large, strlen(large));
		return 0;
	}
	return 0;
}

static void check_server(struct play *play)
{
	struct pollfd files[SERVE_FILES];
	const size_t count = serve_files(&play->serve, files);

	fuzz_must(count >= 1 && count <= SERVE_FILES);
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		fuzz_must(play->serve.clients[i].fd < 0 || play->serve.clients[i].due > play->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct play play;

	open_play(&play);
	for (size_t at = 0; at + 2 <= len;) {
		at += 2 + act(&play, bytes[at], bytes[at + 1], bytes + at + 2, len - at - 2);
		serve_step(&play.serve, play.now);
		check_server(&play);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		read_client(&play, i, 2 * LONG_BYTES);
	for (size_t i = 0; i < CLIENTS; i++)
		close_client(&play, i);
	serve_step(&play.serve, play.now + PATIENCE);
	serve_end(&play.serve);
	return 0;
}
