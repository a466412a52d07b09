/* Policies and cluster, brought together.  See resolve/resolve.h. */
#include "resolve/resolve.h"

#include "base/arena.h"
#include "resolve/groups.h"
#include "resolve/match.h"
#include "resolve/peers.h"

struct resolved *resolve(struct arena *arena, const struct objects *objects, const char *node)
{
	struct arena *scratch = arena_new();
	struct resolved *resolved = arena_alloc(arena, sizeof(*resolved));
	const struct match_index *index = match_index_new(scratch, objects);
	const struct selection *selection = select_pods(scratch, index, objects, node);
	struct bits wanted = bits_new(scratch, objects->policy_count);

	resolved->objects = objects;
	for (size_t i = 0; i < objects->policy_count; i++)
		if (!node || selects_pods(selection, i))
			bits_set(&wanted, i);
	resolve_addresses(arena, scratch, resolved);
	resolve_peers(arena, scratch, index, &wanted, resolved);
	make_groups(arena, scratch, selection, !node, resolved);
	arena_free(scratch);
	return resolved;
}
