/*
 * Collects a line for each connection and sorts the lines, since the kernel lists connections in no
 * particular order.
 */
#include "node/list_endings.h"

#include "base/arena.h"
#include "model/objects.h"
#include "model/words.h"
#include "node/end_connections.h"

#include <stdlib.h>
#include <string.h>

/* The lines, in the order in which the connections come. */
struct endings {
	struct arena *arena;
	const char **lines;
	size_t count;
};

/* " port N" of a protocol that has ports; otherwise "". */
static const char *at_port(struct arena *arena, uint8_t protocol, uint16_t port)
{
	const bool has_ports = protocol == TCP || protocol == UDP || protocol == SCTP;

	return has_ports ? arena_printf(arena, " port %u", port) : "";
}

static void take_ending(void *context, const struct connection *connection)
{
	struct endings *endings = context;
	const struct packet *packet = &connection->packet;
	const char *pod = connection->verdict.pod ? connection->verdict.pod : "a pod";
	char from[ADDR_TEXT], to[ADDR_TEXT];

	addr_text(packet->family, packet->saddr, from);
	addr_text(packet->family, packet->daddr, to);
	arena_push(endings->arena, endings->lines, endings->count,
		   arena_printf(endings->arena, "# ends, of %s: %s from %s%s to %s%s\n", pod,
				packet_protocol_text(endings->arena, packet->protocol), from,
				at_port(endings->arena, packet->protocol, connection->sport), to,
				at_port(endings->arena, packet->protocol, packet->dport)));
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *endings_text(struct arena *arena, const struct ruleset *ruleset, struct diags *diags)
{
	struct endings endings = {.arena = arena};
	struct string text = {0};

	if (connections_end(arena, ruleset, NULL, false, take_ending, &endings, diags))
		return NULL;
	if (endings.count)
		qsort(endings.lines, endings.count, sizeof(*endings.lines), compare_lines);
	for (size_t i = 0; i < endings.count; i++)
		arena_append(arena, &text, "%s", endings.lines[i]);
	return text.text ? text.text : "";
}
