/*
 * What somebody says to the agent's small HTTP server: bytes in pieces, whose length the first one says.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "fuzz.h"

#include "agent/serve.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct serve_answer asked(void *context, const char *path)
{
	(void)context;
	fuzz_must(strlen(path) < 4096 && !strpbrk(path, " ?\r\n"));
	return (struct serve_answer){200, "text/plain", "yes\n"};
}

static void ask(struct serve *serve, int ours, const uint8_t *bytes, size_t len, size_t piece)
{
	for (size_t at = 0; at < len && serve->clients[0].fd >= 0; at += piece) {
		if (send(ours, bytes + at, len - at < piece ? len - at : piece, MSG_NOSIGNAL) < 0)
			return;
		serve_step(serve, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct serve serve;
	char answer[512] = "";
	int pair[2];

	if (!len || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return 0;
	memset(&serve, 0, sizeof(serve));
	for (size_t i = 0; i < SERVE_CLIENTS; i++)
		serve.clients[i].fd = -1;
	/* Nothing comes in by it. */
	serve.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	serve.asked = asked;
	serve.clients[0].fd = pair[1];
	serve.clients[0].due = 10;
	ask(&serve, pair[0], bytes + 1, len - 1, bytes[0] + 1U);
	if (recv(pair[0], answer, sizeof(answer) - 1, 0) > 0)
		fuzz_must(!strncmp(answer, "HTTP/1.1 200 ", 13) ||
			  !strncmp(answer, "HTTP/1.1 405 ", 13));
	serve_step(&serve, 10);
	fuzz_must(serve.clients[0].fd < 0);
	serve_end(&serve);
	close(pair[0]);
	return 0;
}
