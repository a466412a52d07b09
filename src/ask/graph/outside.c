/* Ranges of several nodes in one text. */
#include "ask/graph/outside.h"

#include "ask/ranges.h"
#include "base/arena.h"

struct outside_ranges {
	struct range *items;
	size_t count;
};

const char *outside_text(struct arena *arena, const struct graph_node *nodes, size_t count)
{
	struct string text = {0};

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
