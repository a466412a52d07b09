/* See matrix_kinds.h. */
#include "matrix_kinds.h"

#include "arena.h"
#include "table.h"

struct kinds kinds_new(struct arena *arena, const struct shown *shown)
{
	const size_t row_count = shown->rows->count;
	uint32_t *of_row = arena_array(arena, row_count, sizeof(*of_row));
	struct table keys = {.arena = arena};
	struct kind *items = NULL;
	size_t count = 0;

	for (size_t i = 0; i < row_count; i++) {
		const struct row *row = &shown->rows->items[i];
		const uint32_t key[] = {row->class, row->kind == PARTY_OUTSIDE,
					shown->in_namespace && shown->in_namespace[i],
					shown->is_pod && shown->is_pod[i],
					shown->ports ? shown->ports[i] : 0};
		bool added = false;
		uint32_t number = table_add(&keys, key, sizeof(key), &added);

		if (added)
			arena_push(arena, items, count,
				   ((struct kind){{i, i}, shown_row(shown, i)}));
		else if (items[number].rows[0] == items[number].rows[1])
			items[number].rows[1] = i;
		of_row[i] = number;
	}
	return (struct kinds){shown, of_row, items, count};
}

const struct passage *kinds_passage(const struct kinds *kinds, uint32_t from, uint32_t to)
{
	return shown_passage(kinds->shown, kinds->items[from].rows[0],
			     kinds->items[to].rows[from == to]);
}
