/*
 * Writes a range as a CIDR if it is one, and otherwise as its first and last address; of many
 * ranges it names some and counts the rest.
 */
#include "ask/world/range_words.h"

#include "base/arena.h"

/* So many ranges are named before the rest is counted. */
#define RANGES_NAMED 3

const char *ranges_listed(struct arena *arena, enum family family, const struct range *ranges,
			  size_t count)
{
	/* To name one more takes no more words than to count it. */
	const size_t named = count == RANGES_NAMED + 1 ? count : RANGES_NAMED;
	struct string text = {0};

	for (size_t i = 0; i < count && i < named; i++) {
		char words[RANGE_TEXT];

		range_text(family, ranges[i].first, ranges[i].last, words);
		arena_append(arena, &text, "%s%s", i ? ", " : "", words);
	}
	if (count > named)
		arena_append(arena, &text, " and %zu more ranges", count - named);
	return text.text ? text.text : "";
}

const char *ranges_text(struct arena *arena, enum family family, const struct range *ranges,
			size_t count)
{
	struct range whole = {{0}, {0}};
	struct range *others = arena_array(arena, count + 1, sizeof(*others));
	size_t other_count;

	memset(whole.last, 0xff, family_len(family));
	other_count = range_cut(whole, ranges, count, family, others);
	if (other_count >= count)
		return ranges_listed(arena, family, ranges, count);
	return arena_printf(arena, "any %s address%s%s", family_text(family),
			    other_count ? " but " : "",
			    ranges_listed(arena, family, others, other_count));
}
