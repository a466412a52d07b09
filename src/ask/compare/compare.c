/* See ask/compare/compare.h. */
#include "ask/compare/compare.h"

#include "ask/compare/print.h"
#include "base/arena.h"

void comparison_each(const struct comparison *comparison, enum age age,
		     void (*found)(void *context, size_t from, size_t to,
				   const struct change *change),
		     void *context)
{
	const struct compare_ends *ends = comparison->ends;

	for (size_t from = 0; from < ends->row_count; from++)
		for (size_t to = 0; to < ends->row_count; to++) {
			const uint32_t a = ends->rows[from].class, b = ends->rows[to].class;
			bool asked;
			const struct change *change =
				changes_between(comparison->changes, age, a, b, &asked);

			if (asked && passage_is_open(change->passage))
				found(context, from, to, change);
		}
}

static void count_one(void *context, size_t from, size_t to, const struct change *change)
{
	(void)from, (void)to, (void)change;
	(*(size_t *)context)++;
}

const char *compare(struct arena *arena, const struct objects *old, const struct objects *new,
		    enum format format, size_t *opened, size_t *closed)
{
	const struct party_pairs pairs = party_pairs_of(arena, old, new);
	const struct compare_ends ends = compare_ends_of(arena, &pairs);
	struct comparison comparison = {
		.ends = &ends,
		.changes = changes_new(arena, pairs.worlds[OLD], pairs.worlds[NEW], &ends)};

	for (enum age age = OLD; age < AGES; age++)
		comparison_each(&comparison, age, count_one, &comparison.counts[age]);
	*opened = comparison.counts[NEW];
	*closed = comparison.counts[OLD];
	if (format == FORMAT_JSON)
		return comparison_json(arena, &comparison);
	if (format == FORMAT_MD)
		return comparison_md(arena, &comparison);
	return comparison_text(arena, &comparison);
}
