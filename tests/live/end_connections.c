/*
 * Applies policies and ends the connections that they deny, for connections.py.
 *
 *     end_connections [--dry-run] PATH...
 *
 * Prints a line for each connection that is (or would be) ended, and on standard error the
 * microseconds that it took to end them.  If anything fails, it says why and exits with 1.
 */
#include "base/arena.h"
#include "lower/lower.h"
#include "node/apply.h"
#include "node/end_connections.h"
#include "node/session.h"
#include "read/document.h"
#include "resolve/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print(void *context, const struct connection *connection)
{
	const struct packet *packet = &connection->packet;
	char from[ADDR_TEXT], to[ADDR_TEXT];

	(void)context;
	addr_text(packet->family, packet->saddr, from);
	addr_text(packet->family, packet->daddr, to);
	printf("%s %s %u %s %u %u %s\n", connection->verdict.pod, from, connection->sport, to,
	       packet->dport, packet->protocol, connection->verdict.chain->name);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int run(struct arena *arena, const char *const *paths, size_t count, bool sends,
	       struct diags *diags)
{
	static const struct read_options reading = {.default_namespace = "default"};
	static const struct lower_options options = {.table = "np2nft"};
	struct objects objects = {.arena = arena};
	const struct ruleset *ruleset;
	struct session *session;
	size_t count_of_changes;
	double start;

	read_paths(paths, count, &reading, &objects, diags);
	if (diags->errors)
		return -1;
	ruleset = lower(arena, resolve(arena, &objects, NULL), &options);
	session = session_open(options.table, diags);
	if (!session ||
	    (sends && apply_ruleset(session, ruleset, NULL, NULL, &count_of_changes, diags)))
		return -1;
	session_close(session);
	start = now();
	if (connections_end(arena, ruleset, NULL, sends, print, NULL, diags))
		return -1;
	fprintf(stderr, "%.0f\n", now() - start);
	return 0;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct diags diags = {.arena = arena};
	bool dry = argc > 1 && !strcmp(argv[1], "--dry-run");
	int first = dry ? 2 : 1, status;

	status =
		run(arena, (const char *const *)argv + first, (size_t)(argc - first), !dry, &diags);
	for (size_t i = 0; i < diags.count && status; i++)
		fprintf(stderr, "%s\n", diags.items[i].text);
	arena_free(arena);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
