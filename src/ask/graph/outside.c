/* See ask/graph/outside.h. */
#include "ask/graph/outside.h"

#include "base/arena.h"

/* So many ranges are named before the rest is counted. */
#define RANGES_NAMED 4

struct ranges {
	struct range *items;
	size_t count;
};

static void append_ranges(struct arena *arena, struct string *text, const struct ranges *ranges,
			  enum family family)
{
	for (size_t i = 0; i < ranges->count && i < RANGES_NAMED; i++) {
		char words[RANGE_TEXT];

		range_text(family, ranges->items[i].first, ranges->items[i].last, words);
		arena_append(arena, text, "%s%s", i ? ", " : "", words);
	}
	if (ranges->count > RANGES_NAMED)
		arena_append(arena, text, " and %zu more", ranges->count - RANGES_NAMED);
}

static void append_family(struct arena *arena, struct string *text, struct ranges *ranges,
			  enum family family)
{
	struct range whole = {{0}, {0}};
	struct ranges others;

	memset(whole.last, 0xff, family_len(family));
	ranges->count = ranges_merge(ranges->items, ranges->count, family);
	others.items = arena_array(arena, ranges->count + 1, sizeof(*others.items));
	others.count = range_cut(whole, ranges->items, ranges->count, family, others.items);
	if (text->len)
		arena_append(arena, text, "; ");
	if (others.count >= ranges->count) {
		append_ranges(arena, text, ranges, family);
		return;
	}
	arena_append(arena, text, "any %s address%s", family == V4 ? "IPv4" : "IPv6",
		     others.count ? " but " : "");
	append_ranges(arena, text, &others, family);
}

const char *outside_text(struct arena *arena, const struct graph_node *nodes, size_t count)
{
	struct string text = {0};

	for (enum family family = V4; family < FAMILIES; family++) {
		struct ranges ranges = {0};

		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; nodes[i].family == family && k < nodes[i].range_count;
			     k++)
				arena_push(arena, ranges.items, ranges.count, nodes[i].ranges[k]);
		if (ranges.count)
			append_family(arena, &text, &ranges, family);
	}
	return text.text;
}
