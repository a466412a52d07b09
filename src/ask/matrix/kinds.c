/* Rows are put into kinds by what they are answered. */
#include "ask/matrix/kinds.h"

#include "base/arena.h"
#include "base/table.h"

struct kinds kinds_new(struct arena *arena, const struct shown *shown)
{
	const size_t row_count = shown->rows->count;
	uint32_t *of_row = arena_array(arena, row_count, sizeof(*of_row));
	struct kinds kinds = {
		.shown = shown,
		.of_row = of_row,
		.rows = arena_array(arena, row_count, sizeof(*kinds.rows)),
		.subjects = arena_array(arena, row_count, sizeof(*kinds.subjects)),
	};
	struct table keys = {.arena = arena};

	for (size_t i = 0; i < row_count; i++) {
		const struct row *row = &shown->rows->items[i];
		const uint32_t key[] = {row->class, row->kind == PARTY_OUTSIDE,
					shown->in_namespace && shown->in_namespace[i],
					shown->is_pod && shown->is_pod[i],
					shown->ports ? shown->ports[i] : 0};
		uint32_t number = of_row[i] = table_add(&keys, key, sizeof(key), NULL);
		size_t *rows = kinds.rows[number];

		if (number == kinds.count) {
			rows[0] = rows[1] = i;
			kinds.subjects[kinds.count++] = shown_row(shown, i);
		} else if (rows[0] == rows[1]) {
			rows[1] = i;
		}
	}
	return kinds;
}

const struct passage *kinds_passage(const struct kinds *kinds, uint32_t from, uint32_t to,
				    bool *asked)
{
	const struct shown *shown = kinds->shown;
	const size_t a = kinds->rows[from][0], b = kinds->rows[to][from == to];
	const struct row *rows = shown->rows->items;
	const struct passage *passage = shown_passage(shown, a, b);

	*asked = passage || !shown_pair(shown, a, b);
	if (passage)
		return passage;
	if (*asked)
		return passages_join(shown->rows->passages, PASSAGES_NONE, PASSAGES_NONE);
	/* Between addresses: as from one to another of the same family. */
	passage =
		passages_between(shown->rows->passages,
				 rows[rows[a].kind == PARTY_OUTSIDE ? b : a].class, rows[b].class);
	return shown->ports ? passages_common(shown->rows->passages, passage, shown->ports[b])
			    : passage;
}
