/* An address is the node's own if the kernel's route to it says so.  The answers are kept. */
#include "kernel/own_addresses.h"

#include "base/arena.h"
#include "base/table.h"
#include "kernel/route.h"
#include "kernel/socket.h"

struct local {
	struct arena *arena;
	struct kernel_socket *socket;
	struct table known; /* addresses */
	bool *is_own;       /* index: the address's number in @known */
	size_t count;
};

struct local *local_open(struct arena *arena)
{
	struct local *local = arena_alloc(arena, sizeof(*local));

	local->arena = local->known.arena = arena;
	local->socket = kernel_route_open();
	return local->socket ? local : NULL;
}

void local_close(struct local *local)
{
	if (local)
		kernel_close(local->socket);
}

int local_has(struct local *local, enum family family, const uint8_t *address)
{
	/* Addresses of the two families have different lengths, and so are different keys. */
	uint32_t number = table_find(&local->known, address, family_len(family));
	struct route route;

	if (number != TABLE_NONE)
		return local->is_own[number];
	if (kernel_route_to(local->socket, family, address, &route))
		return -1;
	table_add(&local->known, address, family_len(family), NULL);
	arena_push(local->arena, local->is_own, local->count, route.is_own);
	return route.is_own;
}
