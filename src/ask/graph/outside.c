/* Describes the addresses of several nodes in one text. */
#include "ask/graph/outside.h"

#include "ask/world/range_words.h"
#include "base/arena.h"

struct outside_ranges {
	struct range *items;
	size_t count;
};

/* So many of Kubernetes' nodes are named where there are more. */
#define CLUSTER_NODES_NAMED 3

static void append_cluster_nodes(struct arena *arena, struct string *text,
				 const struct graph_node *nodes, size_t count)
{
	size_t all = 0, named = 0;

	for (size_t i = 0; i < count; i++)
		all += nodes[i].cluster_node_count;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < nodes[i].cluster_node_count; k++) {
			if (named == CLUSTER_NODES_NAMED && all > CLUSTER_NODES_NAMED + 1)
				continue;
			arena_append(arena, text, "%s%s", named++ ? ", " : "",
				     nodes[i].cluster_nodes[k]);
		}
	if (named < all)
		arena_append(arena, text, " and %zu more nodes", all - named);
}

const char *outside_text(struct arena *arena, const struct graph_node *nodes, size_t count)
{
	struct string text = {0};

	append_cluster_nodes(arena, &text, nodes, count);
	for (enum family family = V4; family < FAMILIES; family++) {
		struct outside_ranges ranges = {0};

		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; nodes[i].family == family && k < nodes[i].range_count;
			     k++)
				arena_push(arena, ranges.items, ranges.count, nodes[i].ranges[k]);
		if (!ranges.count)
			continue;
		ranges.count = ranges_merge(ranges.items, ranges.count, family);
		arena_append(arena, &text, "%s%s", text.len ? "; " : "",
			     ranges_text(arena, family, ranges.items, ranges.count));
	}
	return text.text;
}
