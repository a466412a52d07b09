/* Of the two ways to put a comparison into blocks, by who connects and by who is connected to, the shorter is taken. */
#include "ask/compare/paragraphs.h"

#include "base/arena.h"
#include "base/table.h"

#include <stdlib.h>

/* If there are more lines than this, nobody reads the policies of each. */
#define LINES_WITH_POLICIES 150

static size_t lines_of(const struct blocks *blocks)
{
	size_t count = 0;

	for (size_t i = 0; i < blocks->count; i++)
		count += blocks->items[i].line_count;
	return count;
}

/* Chooses the end that takes fewer lines; returns false if both take too many. */
static bool choose(struct arena *arena, const struct asked *asked, size_t lines_max,
		   struct part *part)
{
	struct blocks to, from;
	const bool to_fits = blocks_within(arena, asked, false, lines_max, &to);
	const bool from_fits = blocks_within(arena, asked, true, lines_max, &from);

	part->outgoing = from_fits && (!to_fits || lines_of(&from) < lines_of(&to));
	part->blocks = part->outgoing ? from : to;
	return to_fits || from_fits;
}

struct collector {
	struct arena *arena;
	struct table seen; /* keys: the texts of causes */
	struct part *part;
	struct change_lists *changes;
	enum direction direction;
};

static void collect(struct collector *collector, const struct cause_list *causes)
{
	struct part *part = collector->part;

	for (size_t i = 0; i < causes->count; i++) {
		const char *text = causes->items[i].text;
		bool added = false;

		table_add(&collector->seen, text, strlen(text), &added);
		if (added)
			arena_push(collector->arena, part->causes, part->cause_count,
				   causes->items[i]);
	}
}

/* Collects the causes on the side of one kind for everything about another. */
static void collect_side(void *context, uint32_t own, uint32_t other)
{
	struct collector *collector = context;
	const uint32_t from = collector->direction == INGRESS ? other : own;
	const uint32_t to = collector->direction == INGRESS ? own : other;
	struct cause_list causes;

	if (kinds_are_idle(changes_kinds(collector->changes), from, to))
		return;
	causes = changes_causes(collector->changes, collector->part->age, collector->direction,
				from, to);
	collect(collector, &causes);
}

/* Collects all causes; whoever does not stand out is seen like the others of the sort. */
static void collect_all(struct collector *collector)
{
	const struct kinds *kinds = changes_kinds(collector->changes);
	const struct asked asked =
		changes_asked(collector->changes, collector->part->age, AS_CHANGES);
	struct alike *alike = alike_new(collector->arena, kinds->sides, kinds->ends, kinds->count,
					collector->direction);

	for (uint32_t own = 0; own < kinds->count; own++) {
		for (uint32_t i = 0; asked.apart[collector->direction][own] && i < kinds->count;
		     i++)
			collect_side(collector, own, i);
		alike_ask(alike, own, collect_side, collector);
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
	struct change_lists *changes = comparison->changes;
	const struct asked asked = changes_asked(changes, age, AS_CHANGES);
	const struct asked summed_up = changes_asked(changes, age, AS_PASSAGES);
	struct part part = {.age = age};
	struct collector collector = {
		.arena = arena, .seen.arena = arena, .part = &part, .changes = changes};

	if (choose(arena, &asked, LINES_WITH_POLICIES, &part))
		return part;
	part.summed_up = true;
	choose(arena, &summed_up, SIZE_MAX, &part);
	for (; collector.direction < DIRECTIONS; collector.direction++)
		collect_all(&collector);
	if (part.cause_count)
		qsort(part.causes, part.cause_count, sizeof(*part.causes), compare_causes);
	return part;
}
