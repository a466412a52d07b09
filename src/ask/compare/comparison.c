/* Pairs of ends, gone through once for each two kinds. */
#include "ask/compare/comparison.h"

#include "base/arena.h"

/* What changed from a kind to each; whether anything did. */
static bool find_changed(const struct comparison *comparison, enum age age, uint32_t from,
			 const struct change **changed)
{
	bool any = false;

	for (uint32_t to = 0; to < comparison->ends->kind_count; to++) {
		bool asked;
		const struct change *change =
			changes_between(comparison->changes, age, from, to, &asked);
		const bool open = asked && passage_is_open(change->passage);

		changed[to] = open ? change : NULL;
		any |= open;
	}
	return any;
}

/*
 * Rows of one kind are answered alike: what changed is asked once for each pair of kinds, and rows are gone through
 * only where something did.
 */
void comparison_each(const struct comparison *comparison, enum age age,
		     void (*found)(void *context, size_t from, size_t to,
				   const struct change *change),
		     void *context)
{
	const struct compare_ends *ends = comparison->ends;
	const struct change **changed =
		arena_array(comparison->arena, ends->kind_count, sizeof(const struct change *));
	bool *same = comparison->same[age];

	for (size_t from = 0; from < ends->row_count; from++) {
		const uint32_t kind = ends->rows[from].class;

		if (!same[kind])
			same[kind] = !find_changed(comparison, age, kind, changed);
		if (same[kind])
			continue;
		for (size_t to = 0; to < ends->row_count; to++)
			if (changed[ends->rows[to].class])
				found(context, from, to, changed[ends->rows[to].class]);
	}
}
