/* Of the two ways to put a comparison into blocks, by who connects and by who is connected to, the shorter is taken. */
#include "ask/compare/blocks.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* With more lines than this nobody reads the policies of each. */
#define LINES_WITH_POLICIES 150

struct viewer {
	const struct comparison *comparison;
	enum age age;
	bool summed_up;
};

static const void *answer(const void *context, uint32_t from, uint32_t to, bool *asked)
{
	const struct viewer *viewer = context;
	const struct change *change =
		changes_between(viewer->comparison->changes, viewer->age, from, to, asked);

	return viewer->summed_up ? (const void *)change->passage : change;
}

static bool is_open(const void *passage)
{
	return passage_is_open(passage);
}

static bool changes_something(const void *change)
{
	return passage_is_open(((const struct change *)change)->passage);
}

static struct blocks blocks_of(struct arena *arena, const struct viewer *viewer, bool outgoing)
{
	const struct compare_ends *ends = viewer->comparison->ends;
	uint32_t *kind_of = arena_array(arena, ends->row_count, sizeof(*kind_of));
	bool *subjects = arena_array(arena, ends->kind_count, sizeof(*subjects));
	const struct asked asked = {.rows = ends->rows,
				    .row_count = ends->row_count,
				    .kind_of = kind_of,
				    .subjects = subjects,
				    .kind_count = ends->kind_count,
				    .answer = answer,
				    .is_worth_a_line =
					    viewer->summed_up ? is_open : changes_something,
				    .context = viewer};

	for (size_t i = 0; i < ends->row_count; i++)
		kind_of[i] = ends->rows[i].class;
	memset(subjects, true, ends->kind_count);
	return blocks_new(arena, &asked, outgoing);
}

static size_t lines_of(const struct blocks *blocks)
{
	size_t count = 0;

	for (size_t i = 0; i < blocks->count; i++)
		count += blocks->items[i].line_count;
	return count;
}

/* From the end that takes fewer lines. */
static size_t choose(struct arena *arena, const struct viewer *viewer, struct part *part)
{
	const struct blocks to = blocks_of(arena, viewer, false);
	const struct blocks from = blocks_of(arena, viewer, true);

	part->outgoing = lines_of(&from) < lines_of(&to);
	part->blocks = part->outgoing ? from : to;
	return lines_of(&part->blocks);
}

struct collector {
	struct arena *arena;
	struct table seen; /* changes; then causes, by what they say */
	struct cause *items;
	size_t count;
};

static void collect(void *context, size_t from, size_t to, const struct change *change)
{
	struct collector *collector = context;
	bool added = false;

	(void)from, (void)to;
	table_add(&collector->seen, &change, sizeof(change), &added);
	for (size_t i = 0; added && i < change->cause_count; i++) {
		const char *text = change->causes[i].text;
		bool is_new = false;

		table_add(&collector->seen, text, strlen(text), &is_new);
		if (is_new)
			arena_push(collector->arena, collector->items, collector->count,
				   change->causes[i]);
	}
}

static int compare_causes(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	return x->direction != y->direction
		       ? (x->direction > y->direction) - (x->direction < y->direction)
		       : strcmp(x->text, y->text);
}

struct part part_of(struct arena *arena, const struct comparison *comparison, enum age age)
{
	struct viewer viewer = {.comparison = comparison, .age = age};
	struct collector collector = {.arena = arena, .seen.arena = arena};
	struct part part = {.age = age};

	if (choose(arena, &viewer, &part) <= LINES_WITH_POLICIES)
		return part;
	viewer.summed_up = part.summed_up = true;
	choose(arena, &viewer, &part);
	comparison_each(comparison, age, collect, &collector);
	if (collector.count)
		qsort(collector.items, collector.count, sizeof(*collector.items), compare_causes);
	part.causes = collector.items;
	part.cause_count = collector.count;
	return part;
}
