/*
 * Two ends are of one sort if the policies of others say the same to both, as long as neither
 * stands out; the sorts are found by comparing the numbers of these answers.
 */
#include "ask/alike/alike.h"

#include "base/arena.h"
#include "base/numbers.h"
#include "base/table.h"

#include <stdlib.h>

struct alike {
	struct sides *const *sides;
	enum direction direction;
	const struct alike_end *ends;
	size_t count;
	uint32_t *sort_of; /* index: end */
	size_t sort_count;
	struct end_lists of_sort, of_class[AGES];
	/* For the end that is being asked about. */
	uint32_t *round_of, round; /* index of the first: end */
	uint32_t *standing_out;
	uint32_t *asked; /* index: sort */
};

/*
 * Makes the lists.  @number_of has for each of @count ends the number of its list, which is below
 * @lists, or NOBODY.
 */
static struct end_lists make_lists(struct arena *arena, const uint32_t *number_of, size_t stride,
				   size_t count, size_t lists)
{
	struct end_lists made = {arena_array(arena, lists + 2, sizeof(size_t)),
				 arena_array(arena, count, sizeof(uint32_t))};

	for (size_t i = 0; i < count; i++)
		if (number_of[i * stride] != NOBODY)
			made.starts[number_of[i * stride] + 2]++;
	for (size_t i = 2; i < lists + 2; i++)
		made.starts[i] += made.starts[i - 1];
	for (uint32_t i = 0; i < count; i++)
		if (number_of[i * stride] != NOBODY)
			made.items[made.starts[number_of[i * stride] + 1]++] = i;
	return made;
}

struct end_lists ends_by_class(struct arena *arena, const struct alike_end *ends, size_t count,
			       enum age age, size_t classes)
{
	_Static_assert(CLASS_NONE == NOBODY, "an end without a class is in no list");

	return count ? make_lists(arena, &ends->class[age],
				  sizeof(*ends) / sizeof(ends->class[age]), count, classes)
		     : (struct end_lists){0};
}

struct end_list end_list_at(const struct end_lists *lists, uint32_t number)
{
	return (struct end_list){&lists->items[lists->starts[number]],
				 lists->starts[number + 1] - lists->starts[number]};
}

static void find_sorts(struct arena *arena, struct alike *alike)
{
	struct table keys = {.arena = arena};

	for (size_t i = 0; i < alike->count; i++) {
		const struct alike_end *end = &alike->ends[i];
		uint32_t key[AGES + 1] = {CLASS_NONE, CLASS_NONE, end->note};

		for (enum age age = OLD; age < AGES; age++)
			if (end->class[age] != CLASS_NONE)
				key[age] = sides_usual(alike->sides[age], !alike->direction,
						       end->class[age]);
		alike->sort_of[i] = table_add(&keys, key, sizeof(key), NULL);
	}
	alike->sort_count = keys.count;
}

struct alike *alike_new(struct arena *arena, struct sides *const sides[AGES],
			const struct alike_end *ends, size_t count, enum direction direction)
{
	struct alike *alike = arena_alloc(arena, sizeof(*alike));

	*alike = (struct alike){.sides = sides,
				.direction = direction,
				.ends = ends,
				.count = count,
				.sort_of = arena_array(arena, count, sizeof(uint32_t)),
				.round_of = arena_array(arena, count, sizeof(uint32_t)),
				.standing_out = arena_array(arena, count, sizeof(uint32_t))};
	find_sorts(arena, alike);
	alike->asked = arena_array(arena, alike->sort_count, sizeof(uint32_t));
	alike->of_sort = make_lists(arena, alike->sort_of, 1, count, alike->sort_count);
	for (enum age age = OLD; age < AGES; age++)
		if (sides[age])
			alike->of_class[age] = ends_by_class(arena, ends, count, age,
							     sides_class_count(sides[age]));
	return alike;
}

size_t alike_sorts(const struct alike *alike)
{
	return alike->sort_count;
}

uint32_t alike_sort(const struct alike *alike, uint32_t end)
{
	return alike->sort_of[end];
}

struct end_list alike_members(const struct alike *alike, uint32_t sort)
{
	return end_list_at(&alike->of_sort, sort);
}

static size_t note_end(struct alike *alike, size_t count, uint32_t end)
{
	if (alike->round_of[end] == alike->round)
		return count;
	alike->round_of[end] = alike->round;
	alike->standing_out[count] = end;
	return count + 1;
}

static size_t find_standing_out(struct alike *alike, uint32_t end)
{
	size_t found;

	alike->round++;
	found = note_end(alike, 0, end);
	for (enum age age = OLD; age < AGES; age++) {
		struct class_list classes = {0};

		if (alike->ends[end].class[age] != CLASS_NONE)
			classes = sides_standing_out(alike->sides[age], alike->direction,
						     alike->ends[end].class[age]);
		for (size_t i = 0; i < classes.count; i++) {
			const struct end_list ends =
				end_list_at(&alike->of_class[age], classes.items[i]);

			for (size_t k = 0; k < ends.count; k++)
				found = note_end(alike, found, ends.items[k]);
		}
	}
	return found;
}

/* The first end of the sort that does not stand out. */
static uint32_t usual_of(const struct alike *alike, uint32_t sort)
{
	const struct end_list members = alike_members(alike, sort);
	size_t i = 0;

	while (i < members.count && alike_stands_out(alike, members.items[i]))
		i++;
	return i < members.count ? members.items[i] : NOBODY;
}

struct others alike_others(struct alike *alike, uint32_t end)
{
	const size_t found = find_standing_out(alike, end);

	qsort(alike->standing_out, found, sizeof(*alike->standing_out), number_compare);
	for (uint32_t i = 0; i < alike->sort_count; i++)
		alike->asked[i] = usual_of(alike, i);
	return (struct others){{alike->standing_out, found}, alike->asked};
}

bool alike_stands_out(const struct alike *alike, uint32_t other)
{
	return alike->round_of[other] == alike->round;
}

void alike_ask(struct alike *alike, uint32_t end,
	       void (*ask)(void *context, uint32_t end, uint32_t other), void *context)
{
	const struct others others = alike_others(alike, end);

	for (size_t i = 0; i < others.standing_out.count; i++)
		ask(context, end, others.standing_out.items[i]);
	for (size_t i = 0; i < alike->sort_count; i++)
		if (others.of_sort[i] != NOBODY)
			ask(context, end, others.of_sort[i]);
}
